import { z } from "zod";
import { byteCount, displayName, entityId, hash256, instant, wholeNumber } from "./shapes.ts";

/** As domain's `Certificate`; the shape is checked at every edge because a keeper's word is input too. */
export const certificate = z
  .object({
    body: z.object({
      format: z.literal("holdfast-drill-certificate-1"),
      certificateId: entityId,
      issuedAt: instant,
      issuer: z.object({ keeperId: entityId, name: displayName, publicKey: z.base64().length(44) }),
      client: z.object({ organisationId: entityId, name: displayName }),
      device: z.object({ deviceId: entityId, name: displayName }),
      vault: z.object({ vaultId: entityId, repositoryId: hash256 }),
      snapshot: z.object({ snapshotId: hash256, takenAt: instant, tree: hash256 }),
      scope: z.object({
        paths: z.array(z.string()),
        files: wholeNumber,
        directories: wholeNumber,
        bytes: byteCount,
      }),
      result: z.enum(["passed", "failed"]),
      differences: z.object({ count: wholeNumber, examples: z.array(z.string()).max(20) }),
      restoredRootHash: hash256,
      rpo: z.object({ objectiveMinutes: z.number(), attainedSeconds: z.number() }),
      rto: z.object({
        objectiveMinutes: z.number(),
        attainedSeconds: z.number(),
        phasesMs: z.object({ open: z.number(), restore: z.number(), compare: z.number() }),
      }),
      notes: z.string().max(4000),
      previousHash: z.string().regex(/^([0-9a-f]{64})?$/),
    }),
    signature: z.base64().length(88),
  })
  .meta({ id: "Certificate" });
