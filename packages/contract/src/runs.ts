import { z } from "zod";
import { assessment } from "./plans.ts";
import { byteCount, devicePath, displayName, entityId, hash256, instant, wholeNumber } from "./shapes.ts";

/** What can be handed out as work. Devices assess, prepare vaults and back up; keepers replicate and drill. */
export const runKinds = ["assess", "prepare-vault", "backup", "replicate", "drill"] as const;
export type RunKind = (typeof runKinds)[number];

export const runStates = ["queued", "taken", "running", "succeeded", "warning", "failed", "cancelled", "lost"] as const;
export type RunState = (typeof runStates)[number];

/** Where a running run stands. Totals are absent until they are known. */
export const runProgress = z
  .object({
    phase: z.string().max(40),
    filesDone: wholeNumber,
    bytesDone: byteCount,
    totalFiles: wholeNumber.optional(),
    totalBytes: byteCount.optional(),
    errors: wholeNumber,
    /** Names being worked on, escaped for display, a few at most. */
    current: z.array(z.string().max(4096)).max(4),
  })
  .meta({ id: "RunProgress" });
export type RunProgress = z.infer<typeof runProgress>;

export const unreadItem = z.object({ path: z.string().max(8192), reason: z.string().max(500) });

export const backupResult = z
  .object({
    kind: z.literal("backup"),
    snapshotId: hash256,
    tree: hash256,
    parent: hash256.nullable(),
    takenAt: instant,
    technology: z.enum(["full", "incremental"]),
    filesNew: wholeNumber,
    filesChanged: wholeNumber,
    filesUnmodified: wholeNumber,
    totalFiles: wholeNumber,
    totalBytes: byteCount,
    /** New bytes before and after compression and encryption. */
    addedBytes: byteCount,
    storedBytes: byteCount,
    unread: z.array(unreadItem).max(100),
    unreadCount: wholeNumber,
  })
  .meta({ id: "BackupResult" });

export const runResult = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("assess"), assessment }),
  z.object({ kind: z.literal("prepare-vault"), repositoryId: hash256 }),
  backupResult,
  z.object({
    kind: z.literal("replicate"),
    place: displayName,
    copied: z.array(z.object({ from: hash256, to: hash256 })).max(10_000),
    /** Pairs that were there before; with them the catalogue is whole again after a report that was lost. */
    present: z
      .array(z.object({ from: hash256, to: hash256 }))
      .max(10_000)
      .optional(),
    alreadyThere: wholeNumber,
    blobs: wholeNumber,
    bytes: byteCount,
  }),
  z.object({
    kind: z.literal("drill"),
    certificateId: entityId,
    passed: z.boolean(),
    snapshotId: hash256,
    files: wholeNumber,
    bytes: byteCount,
    differences: wholeNumber,
    rpoSeconds: z.number().min(0),
    rtoSeconds: z.number().min(0),
  }),
]);
export type RunResult = z.infer<typeof runResult>;

/** Why a run ended as it did, when not well: code and words as in docs/errors.md. */
export const runFailure = z.object({
  code: z.string().max(100),
  message: z.string().max(2000),
  cure: z.string().max(1000),
});

export const run = z
  .object({
    runId: entityId,
    kind: z.enum(runKinds),
    state: z.enum(runStates),
    organisationId: entityId,
    deviceId: entityId,
    deviceName: displayName,
    vaultId: entityId.nullable(),
    planId: entityId.nullable(),
    /** Who asked: a schedule, a person, or the installation while setting itself up. */
    requestedBy: z.string(),
    queuedAt: instant,
    startedAt: instant.nullable(),
    endedAt: instant.nullable(),
    progress: runProgress.nullable(),
    result: runResult.nullable(),
    failure: runFailure.nullable(),
  })
  .meta({ id: "Run" });
export type Run = z.infer<typeof run>;

export const runLogLine = z.object({
  at: instant,
  level: z.enum(["info", "warning", "error"]),
  text: z.string().max(2000),
});

/** What a person may ask for by hand. */
export const newRun = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("assess"), paths: z.array(devicePath).min(1).max(100) }),
    z.object({
      kind: z.literal("backup"),
      planId: entityId,
      technology: z.enum(["full", "incremental"]),
    }),
    z.object({ kind: z.literal("replicate"), planId: entityId }),
    z.object({ kind: z.literal("drill"), planId: entityId, snapshotId: hash256.optional() }),
  ])
  .meta({ id: "NewRun" });
