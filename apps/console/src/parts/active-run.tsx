import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Run } from "../api/queries.ts";
import { useCancelRun } from "../api/use-start-run.ts";
import { Confirm } from "./confirm.tsx";
import { Mark } from "./mark.tsx";
import { Panel } from "./panel.tsx";
import { RunProgress } from "./run-progress.tsx";
import { runKindWords, runLooks } from "./state-looks.ts";

/** A run that is not over: how far it is, the way to its page, and its end by hand. */
export function ActiveRun({ run }: { run: Run }) {
  return (
    <Panel
      title={
        <span className="hf-row">
          <Link to="/runs/$runId" params={{ runId: run.runId }}>
            {runKindWords[run.kind]}
          </Link>
          <Mark look={runLooks[run.state]} spin={run.state === "running"} />
        </span>
      }
      actions={<CancelRun run={run} />}
    >
      <RunProgress run={run} />
    </Panel>
  );
}

/** Stops a run after asking. */
function CancelRun({ run }: { run: Run }) {
  const [asking, setAsking] = useState(false);
  const cancelling = useCancelRun(run.runId);
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={() => setAsking(true)}>
        Cancel this run
      </Button>
      <Confirm
        opened={asking}
        title={`Cancel this ${runKindWords[run.kind].toLowerCase()}?`}
        confirm="Cancel the run"
        pending={cancelling.isPending}
        error={cancelling.error}
        onConfirm={() => cancelling.mutate(undefined, { onSuccess: () => setAsking(false) })}
        onClose={() => setAsking(false)}
      >
        <p>
          It stops and makes no snapshot. Earlier snapshots are not touched, and what was stored already shortens the
          next run.
        </p>
      </Confirm>
    </>
  );
}
