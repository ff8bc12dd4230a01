import { formatDuration, secondMs } from "@holdfast/base";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { runQuery, type Run } from "../api/queries.ts";
import { isOver } from "../api/run-states.ts";
import { ActiveRun } from "../parts/active-run.tsx";
import { Inert } from "../parts/inert.tsx";
import { LoadedPage } from "../parts/loaded.tsx";
import { Mark } from "../parts/mark.tsx";
import { Page } from "../parts/page.tsx";
import { Facts, Panel } from "../parts/panel.tsx";
import { RunFailure } from "../parts/run-failure.tsx";
import { RunLog } from "../parts/run-log.tsx";
import { RunResult } from "../parts/run-result.tsx";
import { requesterWords, runKindWords, runLooks } from "../parts/state-looks.ts";
import { useNowMs } from "../parts/use-now.ts";
import { When } from "../parts/when.tsx";
import { runDurationMs } from "../run-summary.ts";

/** One run: how it stands, what came of it or why it failed, and what it said while it went. */
export function RunPage() {
  const { runId } = useParams({ from: "/inside/runs/$runId" });
  const query = useQuery(runQuery(runId));
  return <LoadedPage query={query}>{(run) => <RunView key={run.runId} run={run} />}</LoadedPage>;
}

function RunView({ run }: { run: Run }) {
  return (
    <Page
      title={`${runKindWords[run.kind]} of ${run.deviceName}`}
      trail={[
        <Link key="runs" to="/runs">
          Runs
        </Link>,
        <Link key="device" to="/devices/$deviceId" params={{ deviceId: run.deviceId }}>
          <Inert text={run.deviceName} />
        </Link>,
      ]}
      mark={<Mark look={runLooks[run.state]} large spin={run.state === "running"} />}
    >
      {run.failure && <RunFailure run={run} failure={run.failure} />}
      {!isOver(run) && <ActiveRun run={run} />}
      <RunResult run={run} />
      <Panel title="The run">
        <Facts
          facts={[
            ["Asked for by", <Inert key="by" text={requesterWords(run.requestedBy)} />],
            ["Queued", <When key="queued" at={run.queuedAt} as="exact" />],
            ["Begun", run.startedAt === null ? "not yet" : <When key="started" at={run.startedAt} as="exact" />],
            ["Ended", run.endedAt === null ? "not yet" : <When key="ended" at={run.endedAt} as="exact" />],
            ["Took", <Took key="took" run={run} />],
          ]}
        />
      </Panel>
      <RunLog run={run} />
    </Page>
  );
}

function Took({ run }: { run: Run }) {
  const durationMs = runDurationMs(run, useNowMs(secondMs));
  return durationMs === undefined ? "–" : formatDuration(durationMs);
}
