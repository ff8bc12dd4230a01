import { formatDuration, minuteMs, secondMs } from "@holdfast/base";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Device, SignedCertificate } from "../api/queries.ts";
import { formatAge, formatObjective } from "../format.ts";
import { Icon } from "./icon.tsx";
import { Meter } from "./meter.tsx";
import { protectionLooks } from "./state-looks.ts";
import { useNowMs } from "./use-now.ts";
import { When } from "./when.tsx";
import classes from "./protection.module.css";

interface ProtectionProps {
  readonly device: Device;
  readonly newestCertificate: SignedCertificate | undefined;
}

/** The answer of the page: protected or not, why, and how the objectives stand against what was measured. */
export function Protection({ device, newestCertificate }: ProtectionProps) {
  const { state, because } = device.protection;
  const look = protectionLooks[state];
  return (
    <section className={classes["band"]} data-tone={look.tone} aria-label="Protection">
      <div className={classes["state"]}>
        <Icon name={look.icon} size={34} />
        <div>
          <p className={classes["word"]}>{look.word}</p>
          <p>{because.charAt(0).toUpperCase() + because.slice(1)}.</p>
        </div>
      </div>
      <NewestGood device={device} />
      <Attained device={device} certificate={newestCertificate} />
    </section>
  );
}

function NewestGood({ device: { protection } }: { device: Device }) {
  const nowMs = useNowMs(minuteMs / 4);
  const { newestGoodAt, rpoMinutes } = protection;
  const ageMs = newestGoodAt === null ? undefined : Math.max(0, nowMs - Date.parse(newestGoodAt));
  return (
    <Figure
      name="Newest good backup"
      value={ageMs === undefined ? "None yet" : `${formatAge(ageMs)} old`}
      objective={
        rpoMinutes === null ? "No objective without a plan" : `Objective (RPO): at most ${formatObjective(rpoMinutes)}`
      }
      detail={newestGoodAt && <When at={newestGoodAt} as="minute" />}
    >
      {ageMs !== undefined && rpoMinutes !== null && (
        <Meter
          attained={ageMs}
          objective={rpoMinutes * minuteMs}
          format={formatAge}
          label="Age of the newest good backup"
          wide
        />
      )}
    </Figure>
  );
}

/** The restore time is only ever what a drill measured. */
function Attained({ device, certificate }: { device: Device; certificate: SignedCertificate | undefined }) {
  const rtoMinutes = device.plan?.spec.objectives.rtoMinutes;
  const objective =
    rtoMinutes === undefined
      ? "No objective without a plan"
      : `Objective (RTO): at most ${formatObjective(rtoMinutes)}`;
  if (certificate === undefined)
    return <Figure name="Restore, as measured" value="Not drilled yet" objective={objective} detail={null} />;
  const { rto, certificateId, issuedAt, result } = certificate.body;
  const attainedMs = rto.attainedSeconds * secondMs;
  return (
    <Figure
      name="Restore, as measured"
      value={result === "passed" ? formatDuration(attainedMs) : "Drill failed"}
      objective={objective}
      detail={
        <Link to="/certificates/$certificateId" params={{ certificateId }}>
          Drill <When at={issuedAt} />
        </Link>
      }
    >
      {rtoMinutes !== undefined && result === "passed" && (
        <Meter
          attained={attainedMs}
          objective={rtoMinutes * minuteMs}
          format={formatDuration}
          label="Time a restore took"
          wide
        />
      )}
    </Figure>
  );
}

function Figure(props: { name: string; value: string; objective: string; detail: ReactNode; children?: ReactNode }) {
  return (
    <div className={classes["figure"]}>
      <span className="hf-small hf-muted">{props.name}</span>
      <span className={classes["value"]}>{props.value}</span>
      {props.children}
      <span className={classes["under"]}>
        <span>{props.objective}</span>
        <span>{props.detail}</span>
      </span>
    </div>
  );
}
