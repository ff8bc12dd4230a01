import { formatDuration, secondMs } from "@holdfast/base";
import { Link } from "@tanstack/react-router";
import type { Run } from "../api/queries.ts";
import { isOver } from "../api/run-states.ts";
import { runDurationMs, runSummary } from "../run-summary.ts";
import { rowLink, type Column } from "./data-table.tsx";
import { Inert } from "./inert.tsx";
import { Mark } from "./mark.tsx";
import { RunProgressLine } from "./run-progress.tsx";
import { requesterWords, runKindWords, runLooks } from "./state-looks.ts";
import { useNowMs } from "./use-now.ts";
import { When } from "./when.tsx";

const state: Column<Run> = {
  name: "State",
  cell: (run) => <Mark look={runLooks[run.state]} spin={run.state === "running"} />,
};

const kind: Column<Run> = {
  name: "Run",
  heads: true,
  cell: (run) => (
    <>
      <Link to="/runs/$runId" params={{ runId: run.runId }} {...rowLink}>
        {runKindWords[run.kind]}
        {run.result?.kind === "backup" && run.result.technology === "full" && ", full"}
      </Link>
      {run.requestedBy !== "schedule" && (
        <div className="hf-small hf-muted">
          by <Inert text={requesterWords(run.requestedBy)} />
        </div>
      )}
    </>
  ),
};

const device: Column<Run> = {
  name: "Device",
  cell: (run) => (
    <Link to="/devices/$deviceId" params={{ deviceId: run.deviceId }}>
      <Inert text={run.deviceName} />
    </Link>
  ),
};

const begun: Column<Run> = { name: "Begun", cell: (run) => <When at={run.startedAt ?? run.queuedAt} /> };

const took: Column<Run> = { name: "Took", align: "end", cell: (run) => <Took run={run} /> };

const outcome: Column<Run> = {
  name: "What came of it",
  wide: true,
  cell: (run) => (isOver(run) ? <Inert text={runSummary(run)} /> : <RunProgressLine run={run} />),
};

/** Runs of all devices. */
export const runColumns: readonly Column<Run>[] = [state, kind, device, begun, took, outcome];
/** Runs of one device. */
export const deviceRunColumns: readonly Column<Run>[] = [state, kind, begun, took, outcome];

function Took({ run }: { run: Run }) {
  const nowMs = useNowMs(secondMs);
  const durationMs = runDurationMs(run, nowMs);
  return <span className="hf-nowrap">{durationMs === undefined ? "–" : formatDuration(durationMs)}</span>;
}
