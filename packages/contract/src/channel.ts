import { z } from "zod";
import { certificate } from "./certificates.ts";
import { inventory } from "./devices.ts";
import { objectives, planSpec } from "./plans.ts";
import { runFailure, runLogLine, runProgress, runResult } from "./runs.ts";
import { devicePath, displayName, entityId, hash256, instant } from "./shapes.ts";

/**
 * The agent channel: a WebSocket that devices and keepers dial out to (`/agent/v1/channel`, mutual TLS).
 * Each text frame is one message below, at most `channelMessageBytesMax`. Unknown message types are refused,
 * unknown fields ignored. A finished run is repeated until it is acknowledged, so no outcome is lost.
 */
export const channelMessageBytesMax = 1024 * 1024;

/** A way into a repository through the gateway; the token is short-lived and only for this repository. */
export const repositoryAccess = z.object({
  url: z.string(),
  user: z.string(),
  token: z.string(),
  caPem: z.string(),
});
export type RepositoryAccess = z.infer<typeof repositoryAccess>;

const forDevice = {
  organisationId: entityId,
  organisationName: displayName,
  deviceId: entityId,
  deviceName: displayName,
};
/** A vault as a keeper needs it: how to reach it, and the password only this keeper can open. */
const vaultForKeeper = {
  ...forDevice,
  vaultId: entityId,
  access: repositoryAccess,
  sealedPassword: z.base64().max(1000),
};

export const job = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("assess"), paths: z.array(devicePath) }),
  z.object({
    kind: z.literal("prepare-vault"),
    vaultId: entityId,
    vaultName: displayName,
    access: repositoryAccess,
    /** The keeper's X25519 key that the device seals the new password to. */
    keeperSealingKey: z.base64().length(44),
  }),
  z.object({
    kind: z.literal("backup"),
    vaultId: entityId,
    planId: entityId,
    technology: z.enum(["full", "incremental"]),
    spec: planSpec,
    access: repositoryAccess,
  }),
  z.object({ kind: z.literal("replicate"), ...vaultForKeeper, place: displayName }),
  z.object({
    kind: z.literal("drill"),
    ...vaultForKeeper,
    snapshotId: hash256,
    /** The tree id that the device reported when the backup ended; the repository must still say the same. */
    expectedTree: hash256,
    objectives,
    previousHash: z.string(),
  }),
]);
export type Job = z.infer<typeof job>;

/** Asked by a person who waits: answered by the keeper over `POST /agent/v1/relay/:relayId`, sealed to `readerKey`. */
export const relayRequest = z.object({
  relayId: entityId,
  want: z.enum(["listing", "file"]),
  ...vaultForKeeper,
  snapshotId: hash256,
  /** Path inside the snapshot: base64url of its raw bytes; empty for the root. */
  path: z.string().max(8192),
  /** The reader's P-256 public key, base64url of the raw point. */
  readerKey: z.string().length(87),
});
export type RelayRequest = z.infer<typeof relayRequest>;

export const messageToAgent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("welcome"),
    identityId: entityId,
    serverTime: instant,
    leaseSeconds: z.number(),
    heartbeatSeconds: z.number(),
  }),
  /** There is work; whoever takes it first gets it. */
  z.object({ type: z.literal("offer"), runId: entityId }),
  /** The answer to `take`. The lease is named in every later message about the run; a stale one is refused. */
  z.object({ type: z.literal("job"), runId: entityId, leaseId: entityId, job }),
  z.object({ type: z.literal("refused"), runId: entityId, reason: z.string() }),
  z.object({ type: z.literal("cancel"), runId: entityId }),
  z.object({ type: z.literal("acknowledged"), runId: entityId }),
  z.object({ type: z.literal("relay"), request: relayRequest }),
]);
export type MessageToAgent = z.infer<typeof messageToAgent>;

const held = { runId: entityId, leaseId: entityId };
export const messageFromAgent = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    inventory,
    /** The kinds of run that it takes, and `relay` when it answers readers. */
    capabilities: z.array(z.string().max(40)).max(40),
    holding: z.array(z.object(held)).max(100),
  }),
  z.object({ type: z.literal("heartbeat") }),
  z.object({ type: z.literal("take"), runId: entityId }),
  z.object({ type: z.literal("renew"), ...held }),
  z.object({ type: z.literal("progress"), ...held, progress: runProgress }),
  z.object({ type: z.literal("log"), ...held, lines: z.array(runLogLine).max(100) }),
  z.object({
    type: z.literal("finished"),
    ...held,
    outcome: z.enum(["succeeded", "warning", "failed", "cancelled"]),
    result: runResult.nullable(),
    failure: runFailure.nullable(),
    /** prepare-vault only. */
    sealedPassword: z.base64().max(1000).optional(),
    /** drill only; passed or failed, a drill that ran is certified. */
    certificate: certificate.optional(),
  }),
]);
export type MessageFromAgent = z.infer<typeof messageFromAgent>;
