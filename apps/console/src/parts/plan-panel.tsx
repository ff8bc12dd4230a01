import { dayMs, formatBytes, formatDuration, minuteMs, secondMs } from "@holdfast/base";
import { Link } from "@tanstack/react-router";
import type { Device, PlanProposal } from "../api/queries.ts";
import { formatObjective } from "../format.ts";
import { Empty } from "./empty.tsx";
import { Inert } from "./inert.tsx";
import { Facts, Panel } from "./panel.tsx";
import { When } from "./when.tsx";
import classes from "./plan-panel.module.css";

/** What is done for the device, and why it is done so. */
export function PlanPanel({ device: { plan, deviceId } }: { device: Device }) {
  if (plan === null)
    return (
      <Panel title="Plan">
        <Empty icon="shield" title="No plan is bound">
          <p>
            Without a plan nothing is backed up. Setting one up measures the device first, then proposes one with
            reasons.
          </p>
          <Link to="/devices/$deviceId/set-up" params={{ deviceId }}>
            Set up protection
          </Link>
        </Empty>
      </Panel>
    );
  return (
    <Panel
      title={
        <>
          Plan: <Inert text={plan.name} />
        </>
      }
      actions={
        <Link className="hf-small" to="/devices/$deviceId/set-up" params={{ deviceId }}>
          Change
        </Link>
      }
    >
      <div className="hf-stack">
        <PlanSpecView spec={plan.spec} />
        <PlanReasons reasons={plan.reasons} />
        <p className="hf-small hf-muted">
          Bound <When at={plan.boundAt} as="minute" />
        </p>
      </div>
    </Panel>
  );
}

/** The choices themselves. */
export function PlanSpecView({ spec }: { spec: PlanProposal["spec"] }) {
  const { keepDaily, keepWeekly, keepMonthly } = spec.retention;
  return (
    <Facts
      dense
      facts={[
        ["Protects", <PathList key="paths" paths={spec.paths} />, "wide"],
        spec.excludes.length > 0
          ? ["Leaves out", <PathList key="excludes" paths={spec.excludes} />, "wide"]
          : undefined,
        ["Backup every", formatDuration(spec.backupEveryMinutes * minuteMs)],
        ["Full every", formatDuration(spec.fullEveryDays * dayMs)],
        ["Drill every", formatDuration(spec.drillEveryDays * dayMs)],
        ["Copies elsewhere", String(spec.copies)],
        ["Keeps", `${keepDaily} daily, ${keepWeekly} weekly, ${keepMonthly} monthly`],
        [
          "Objectives",
          `RPO ${formatObjective(spec.objectives.rpoMinutes)}, RTO ${formatObjective(spec.objectives.rtoMinutes)}`,
        ],
      ]}
    />
  );
}

/** Each choice with the reason the designer gave for it. */
function PlanReasons({ reasons }: { reasons: PlanProposal["reasons"] }) {
  if (reasons.length === 0) return null;
  return (
    <details className={classes["reasons"]}>
      <summary>Why so: {reasons.length} reasons</summary>
      <ul>
        {reasons.map(({ choice, because }) => (
          <li key={choice}>
            <strong>
              <Inert text={choice} />
            </strong>
            <br />
            <Inert text={because} />
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What the designer expects, to be compared with what happens. */
export function PlanExpected({ expected }: { expected: PlanProposal["expected"] }) {
  return (
    <Facts
      facts={[
        ["First backup takes about", formatDuration(expected.firstBackupSeconds * secondMs)],
        ["First backup stores about", formatBytes(Math.round(expected.firstStoredBytes))],
        ["Each day adds about", formatBytes(Math.round(expected.dailyStoredBytes))],
        ["A restore takes about", formatDuration(expected.restoreSeconds * secondMs)],
      ]}
    />
  );
}

function PathList({ paths }: { paths: readonly string[] }) {
  return (
    <ul className={classes["paths"]}>
      {paths.map((path) => (
        <li key={path}>
          <code>
            <Inert text={path} />
          </code>
        </li>
      ))}
    </ul>
  );
}
