import type { Run } from "../api/queries.ts";
import { Inert } from "./inert.tsx";
import { Note } from "./mark.tsx";

/** Why a run did not end well, and what to do now. */
export function RunFailure({ run, failure }: { run: Run; failure: NonNullable<Run["failure"]> }) {
  const mild = run.state === "warning" || run.state === "cancelled";
  return (
    <Note tone={mild ? "warn" : "bad"} icon={mild ? "warning" : "octagon"}>
      <p className="hf-strong">
        <Inert text={failure.message} />
      </p>
      <p>
        <Inert text={failure.cure} />
      </p>
      <p className="hf-small hf-muted">
        <code>{failure.code}</code>
      </p>
    </Note>
  );
}
