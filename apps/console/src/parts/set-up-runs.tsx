import type { Device, Run } from "../api/queries.ts";
import { isOver } from "../api/run-states.ts";
import { runSummary } from "../run-summary.ts";
import { Inert } from "./inert.tsx";
import { Mark, Note } from "./mark.tsx";
import { Panel } from "./panel.tsx";
import { RunFailure } from "./run-failure.tsx";
import { RunProgress } from "./run-progress.tsx";
import { runKindWords, runLooks } from "./state-looks.ts";
import type { SetUp } from "../api/use-set-up.ts";

/** What the device does for it now: measures, and makes its vault. */
export function SetUpRuns({ device, setUp }: { device: Device; setUp: SetUp }) {
  if (setUp.assessment === undefined) return null;
  return (
    <Panel title="2. The device measures">
      <div className="hf-stack">
        {!device.connected && (
          <Note tone="warn" icon="unplugged">
            <p>The device is not connected. This goes on by itself once its agent is back.</p>
          </Note>
        )}
        <Step run={setUp.assessment} />
        {setUp.vaultRun && <Step run={setUp.vaultRun} />}
      </div>
    </Panel>
  );
}

function Step({ run }: { run: Run }) {
  return (
    <div className="hf-stack" style={{ gap: 8 }}>
      <p className="hf-row">
        <Mark look={runLooks[run.state]} spin={run.state === "running"} />
        <strong>{runKindWords[run.kind]}</strong>
        {isOver(run) && run.failure === null && (
          <span className="hf-muted">
            <Inert text={runSummary(run)} />
          </span>
        )}
      </p>
      {run.failure && <RunFailure run={run} failure={run.failure} />}
      {!isOver(run) && <RunProgress run={run} />}
    </div>
  );
}
