import { count, formatBytes, formatDuration, secondMs } from "@holdfast/base";
import { Link } from "@tanstack/react-router";
import type { Run } from "../api/queries.ts";
import { formatCount, formatStoredShare, shortId } from "../format.ts";
import { Inert } from "./inert.tsx";
import { Mark } from "./mark.tsx";
import { Facts, Panel } from "./panel.tsx";
import { drillLooks } from "./state-looks.ts";
import classes from "./run-result.module.css";

type Result = NonNullable<Run["result"]>;
type ResultOf<Kind extends Result["kind"]> = Extract<Result, { kind: Kind }>;

/** What came of a run, in figures; nothing while there is nothing. */
export function RunResult({ run }: { run: Run }) {
  const { result } = run;
  if (result === null) return null;
  return (
    <Panel title="What came of it">
      {result.kind === "backup" && <BackupResult result={result} deviceId={run.deviceId} />}
      {result.kind === "drill" && <DrillResult result={result} />}
      {result.kind === "replicate" && <ReplicateResult result={result} />}
      {result.kind === "assess" && <AssessResult result={result} />}
      {result.kind === "prepare-vault" && (
        <Facts facts={[["Repository", <code key="id">{shortId(result.repositoryId)}</code>]]} />
      )}
    </Panel>
  );
}

function BackupResult({ result, deviceId }: { result: ResultOf<"backup">; deviceId: string }) {
  const { snapshotId, unread, unreadCount } = result;
  return (
    <div className="hf-stack">
      <Facts
        facts={[
          [
            "Snapshot",
            <Link key="snapshot" to="/devices/$deviceId/snapshots/$snapshotId" params={{ deviceId, snapshotId }}>
              <code>{shortId(snapshotId)}</code>, open it
            </Link>,
          ],
          ["Technology", result.technology],
          ["Files", `${formatCount(result.totalFiles)}, ${formatBytes(result.totalBytes)}`],
          ["New", formatCount(result.filesNew)],
          ["Changed", formatCount(result.filesChanged)],
          ["Unchanged", formatCount(result.filesUnmodified)],
          ["New bytes", formatBytes(result.addedBytes)],
          [
            "Stored",
            [formatBytes(result.storedBytes), formatStoredShare(result.storedBytes, result.addedBytes)]
              .filter(Boolean)
              .join(", "),
          ],
        ]}
      />
      {unreadCount > 0 && (
        <div>
          <h3>{count(unreadCount, "entry", "entries")} could not be read</h3>
          <ul className={classes["entries"]}>
            {unread.map(({ path, reason }) => (
              <li key={path}>
                <code>
                  <Inert text={path} />
                </code>{" "}
                <span className="hf-muted">
                  <Inert text={reason} />
                </span>
              </li>
            ))}
          </ul>
          {unreadCount > unread.length && (
            <p className="hf-small hf-muted">
              And {formatCount(unreadCount - unread.length)} more; the log names them.
            </p>
          )}
        </div>
      )}
    </div>
  );
}

function DrillResult({ result }: { result: ResultOf<"drill"> }) {
  return (
    <Facts
      facts={[
        ["Result", <Mark key="result" look={drillLooks[result.passed ? "passed" : "failed"]} />],
        [
          "Certificate",
          <Link key="link" to="/certificates/$certificateId" params={{ certificateId: result.certificateId }}>
            Open the certificate
          </Link>,
        ],
        ["Restored and compared", `${count(result.files, "file")}, ${formatBytes(result.bytes)}`],
        ["Differences", formatCount(result.differences)],
        ["RPO attained", formatDuration(result.rpoSeconds * secondMs)],
        ["RTO attained", formatDuration(result.rtoSeconds * secondMs)],
      ]}
    />
  );
}

function ReplicateResult({ result }: { result: ResultOf<"replicate"> }) {
  return (
    <Facts
      facts={[
        ["To", <Inert key="place" text={result.place} />],
        ["Snapshots copied", formatCount(result.copied.length)],
        ["Already there", formatCount(result.alreadyThere)],
        ["Copied and verified", `${count(result.blobs, "blob")}, ${formatBytes(result.bytes)}`],
      ]}
    />
  );
}

function AssessResult({ result: { assessment } }: { result: ResultOf<"assess"> }) {
  const { changedBytes, sample } = assessment;
  return (
    <Facts
      facts={[
        ["Looked at", <Inert key="paths" text={assessment.paths.join(", ")} />],
        ["Files", `${formatCount(assessment.files)}, ${formatBytes(assessment.bytes)}`],
        ["Folders", formatCount(assessment.directories)],
        ["Largest file", formatBytes(assessment.largestFileBytes)],
        ["Not readable", formatCount(assessment.unreadable)],
        ["Changed in a day", formatBytes(changedBytes.day)],
        ["Changed in a week", formatBytes(changedBytes.week)],
        ["Compresses to", `${Math.round(sample.compressionRatio * 100)} %, of ${formatBytes(sample.bytes)} tried`],
        ["Speed of one core", `${formatBytes(Math.round(sample.bytesPerSecond))}/s`],
      ]}
    />
  );
}
