import { z } from "zod";
import { plan } from "./plans.ts";
import { run } from "./runs.ts";
import { displayName, entityId, instant } from "./shapes.ts";

export const protection = z
  .object({
    state: z.enum(["unprotected", "failing", "late", "waiting", "protected"]),
    because: z.string(),
    newestGoodAt: instant.nullable(),
    ageSeconds: z.number().min(0).nullable(),
    rpoMinutes: z.number().nullable(),
  })
  .meta({ id: "Protection" });

export const inventory = z
  .object({
    hostname: z.string().max(255),
    platform: z.string().max(40),
    osName: z.string().max(200),
    architecture: z.string().max(40),
    agentVersion: z.string().max(40),
    cpus: z.number().int().min(1),
    memoryBytes: z.number().int().min(0),
  })
  .meta({ id: "Inventory" });
export type Inventory = z.infer<typeof inventory>;

export const vault = z
  .object({
    vaultId: entityId,
    organisationId: entityId,
    deviceId: entityId,
    name: displayName,
    /** sealed-to-keeper: a copy of the password is sealed to the keeper's key. Nobody else can open it. */
    custody: z.enum(["sealed-to-keeper"]),
    state: z.enum(["preparing", "ready"]),
    repositoryId: z.string().nullable(),
    /** restic's name for it: `rest:https://…/`, without user or token. */
    repositoryUrl: z.string(),
    copies: z.array(
      z.object({
        place: displayName,
        newestAt: instant.nullable(),
        snapshots: z.number().int().min(0),
      }),
    ),
    createdAt: instant,
  })
  .meta({ id: "Vault" });
export type Vault = z.infer<typeof vault>;

export const device = z
  .object({
    deviceId: entityId,
    organisationId: entityId,
    organisationName: displayName,
    name: displayName,
    inventory: inventory.nullable(),
    connected: z.boolean(),
    lastSeenAt: instant.nullable(),
    protection,
    plan: plan.nullable(),
    vault: vault.nullable(),
    /** The newest run of kind backup that is not over, for progress in lists. */
    activeRun: run.nullable(),
    lastDrill: z.object({ at: instant, passed: z.boolean(), certificateId: entityId }).nullable(),
    enrolledAt: instant,
  })
  .meta({ id: "Device" });
export type Device = z.infer<typeof device>;

export const snapshotRecord = z
  .object({
    snapshotId: z.string(),
    deviceId: entityId,
    vaultId: entityId,
    takenAt: instant,
    tree: z.string(),
    technology: z.enum(["full", "incremental"]),
    paths: z.array(z.string()),
    totalFiles: z.number().int(),
    totalBytes: z.number().int(),
    addedBytes: z.number().int(),
    storedBytes: z.number().int(),
    complete: z.boolean(),
    copiedTo: z.array(displayName),
    drilledAt: instant.nullable(),
  })
  .meta({ id: "Snapshot" });
export type SnapshotRecord = z.infer<typeof snapshotRecord>;
