import { formatBytes, formatDuration, count, minuteMs, secondMs } from "@holdfast/base";
import type { Protection } from "./protect.ts";

/** Where the things lie that somebody needs on the day when Holdfast is gone. */
export interface Places {
  readonly repositoryPath: string;
  readonly copyPath: string | undefined;
  readonly certificatePath: string;
  readonly recoveryPasswordFile: string;
  readonly recoverySheet: string;
  readonly consoleUrl: string;
  readonly logs: string;
}

/** What was done, in plain words. */
export function summaryText(protection: Protection, places: Places, signInUrl: string): string {
  const { plan, snapshots, certificate, device } = protection;
  const { result, scope, rpo, rto, differences } = certificate.body;
  const newest = snapshots.at(-1);
  const compared = `${count(scope.files, "file")} (${formatBytes(scope.bytes)})`;
  const verdict =
    result === "passed"
      ? `restored ${compared} and compared each with what the device had: all are the same`
      : `restored ${compared}: ${count(differences.count, "difference")}, ${differences.examples.slice(0, 3).join(", ")}`;
  const lines = [
    [
      "Protected",
      `${plan.spec.paths.join(", ")} on ${device.name}: ${device.protection.state}, ${device.protection.because}`,
    ],
    [
      "Left out",
      plan.spec.excludes.length === 0
        ? "nothing but Holdfast's own folder"
        : `${plan.spec.excludes.join(", ")}, and Holdfast's own folder`,
    ],
    ["Snapshots", `${snapshots.length}, the newest ${newest?.snapshotId.slice(0, 8) ?? "none"}`],
    ["Repository", places.repositoryPath],
    ...(places.copyPath === undefined
      ? []
      : [["Its copy", `${places.copyPath} (on this disk too, until you give the keeper a place elsewhere)`] as const]),
    ["Drill", verdict],
    [
      "RPO",
      `${formatDuration(rpo.attainedSeconds * secondMs)} attained, ${formatDuration(rpo.objectiveMinutes * minuteMs)} promised`,
    ],
    [
      "RTO",
      `${formatDuration(rto.attainedSeconds * secondMs)} attained, ${formatDuration(rto.objectiveMinutes * minuteMs)} promised`,
    ],
    ["Certificate", `${places.certificatePath} (holdfast verify-certificate)`],
    ["Console", places.consoleUrl],
    ["Sign in once", signInUrl],
    ["Password", `${places.recoveryPasswordFile}: opens the repository; print ${places.recoverySheet}`],
    ["Logs", places.logs],
  ] as const;
  const body = lines.map(([name, text]) => `  ${name.padEnd(13)}${text}`).join("\n");
  return [
    "",
    "What you have now",
    body,
    "",
    "It opens without Holdfast, with plain restic:",
    `  restic -r ${places.repositoryPath} --password-file ${places.recoveryPasswordFile} restore latest --target /tmp/restored`,
    "",
  ].join("\n");
}

/** The same for a script: the last line of `--once`. Bytes and seconds. */
export function summaryObject(protection: Protection, places: Places): Record<string, unknown> {
  const { snapshots, certificate } = protection;
  const { body } = certificate;
  const newest = snapshots.at(-1);
  const stored = snapshots.reduce((sum, snapshot) => sum + snapshot.storedBytes, 0);
  return {
    snapshots: snapshots.map((snapshot) => snapshot.snapshotId),
    bytes: { source: newest?.totalBytes ?? 0, stored, restored: body.scope.bytes },
    drill: {
      result: body.result,
      certificateId: body.certificateId,
      snapshotId: body.snapshot.snapshotId,
      files: body.scope.files,
      directories: body.scope.directories,
      bytes: body.scope.bytes,
      differences: body.differences.count,
    },
    rpoSeconds: body.rpo.attainedSeconds,
    rtoSeconds: body.rto.attainedSeconds,
    certificatePath: places.certificatePath,
    repositoryPath: places.repositoryPath,
    copyPath: places.copyPath ?? null,
    recoveryPasswordFile: places.recoveryPasswordFile,
    consoleUrl: places.consoleUrl,
  };
}
