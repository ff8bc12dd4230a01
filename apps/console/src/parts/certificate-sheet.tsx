import { count, formatBytes, formatDuration, minuteMs, secondMs } from "@holdfast/base";
import type { ReactNode } from "react";
import type { SignedCertificate } from "../api/queries.ts";
import { formatInstant, formatObjective } from "../format.ts";
import { Icon } from "./icon.tsx";
import { Inert } from "./inert.tsx";
import { Meter } from "./meter.tsx";
import classes from "./certificate-sheet.module.css";

/** The certificate as one would hang it up: the result first, then what it rests on. */
export function CertificateSheet({ certificate: { body, signature } }: { certificate: SignedCertificate }) {
  const passed = body.result === "passed";
  const { rpo, rto, scope, differences } = body;
  return (
    <article className={classes["sheet"]} aria-label="Certificate">
      <header className={classes["head"]} data-result={body.result}>
        <Icon name={passed ? "seal" : "octagon"} size={44} />
        <div>
          <p className={classes["kind"]}>Restore drill · {formatInstant(body.issuedAt)}</p>
          <h2 className={classes["result"]}>
            {passed ? "Passed: this backup was restored" : "Failed: what was restored differs"}
          </h2>
          <p>
            <Inert text={body.device.name} /> of <Inert text={body.client.name} />
          </p>
        </div>
      </header>
      <div className={classes["objectives"]}>
        <Objective
          name="Recovery point (RPO)"
          explanation="Age of the newest good backup when the drill began"
          attainedMs={rpo.attainedSeconds * secondMs}
          objectiveMinutes={rpo.objectiveMinutes}
        />
        <Objective
          name="Recovery time (RTO)"
          explanation="From opening the vault to the last file compared"
          attainedMs={rto.attainedSeconds * secondMs}
          objectiveMinutes={rto.objectiveMinutes}
        />
      </div>
      <dl className={classes["rows"]}>
        <Row name="Restored">
          {count(scope.files, "file")} and {count(scope.directories, "folder")}, {formatBytes(scope.bytes)}
        </Row>
        <Row name="Scope">
          <Paths paths={scope.paths} />
        </Row>
        <Row name="Differences">
          {differences.count === 0
            ? "None. Every file is what the device had at backup time."
            : count(differences.count, "difference")}
          <Paths paths={differences.examples} />
        </Row>
        <Row name="Time spent">
          opening {formatDuration(rto.phasesMs.open)}, restoring {formatDuration(rto.phasesMs.restore)}, comparing{" "}
          {formatDuration(rto.phasesMs.compare)}
        </Row>
        <Row name="Snapshot">
          <Hash>{body.snapshot.snapshotId}</Hash>
          <br />
          taken {formatInstant(body.snapshot.takenAt)}
        </Row>
        <Row name="Tree at backup">
          <Hash>{body.snapshot.tree}</Hash>
        </Row>
        <Row name="Root hash of what was restored">
          <Hash>{body.restoredRootHash}</Hash>
        </Row>
        <Row name="Vault's repository">
          <Hash>{body.vault.repositoryId}</Hash>
        </Row>
        {body.notes !== "" && (
          <Row name="Notes">
            <Inert text={body.notes} />
          </Row>
        )}
        <Row name="Performed and signed by">
          keeper <Inert text={body.issuer.name} />, Ed25519 key <Hash>{body.issuer.publicKey}</Hash>
        </Row>
        <Row name="Signature">
          <Hash>{signature}</Hash>
        </Row>
        <Row name="Follows certificate">
          {body.previousHash === "" ? "none, it is this client's first" : <Hash>{body.previousHash}</Hash>}
        </Row>
        <Row name="Certificate id">
          <Hash>{body.certificateId}</Hash>
        </Row>
      </dl>
    </article>
  );
}

function Objective(props: { name: string; explanation: string; attainedMs: number; objectiveMinutes: number }) {
  const { name, explanation, attainedMs, objectiveMinutes } = props;
  const kept = attainedMs <= objectiveMinutes * minuteMs;
  return (
    <div className={classes["objective"]}>
      <h3>{name}</h3>
      <p className={classes["attained"]}>
        {formatDuration(attainedMs)}{" "}
        <span className="hf-muted hf-small">of {formatObjective(objectiveMinutes)} promised</span>
      </p>
      <Meter attained={attainedMs} objective={objectiveMinutes * minuteMs} format={formatDuration} label={name} wide />
      <p className="hf-small">
        <strong>{kept ? "Kept." : "Not kept."}</strong> <span className="hf-muted">{explanation}.</span>
      </p>
    </div>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes["row"]}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Hash({ children }: { children: string }) {
  return <code className={classes["hash"]}>{children}</code>;
}

function Paths({ paths }: { paths: readonly string[] }) {
  if (paths.length === 0) return null;
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
