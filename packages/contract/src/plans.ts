import { z } from "zod";
import { byteCount, devicePath, displayName, entityId, instant, wholeNumber } from "./shapes.ts";

export const objectives = z
  .object({
    rpoMinutes: z
      .number()
      .int()
      .min(5)
      .max(60 * 24 * 31),
    rtoMinutes: z
      .number()
      .int()
      .min(1)
      .max(60 * 24 * 31),
  })
  .meta({ id: "Objectives" });

export const planSpec = z
  .object({
    paths: z.array(devicePath).min(1).max(100),
    excludes: z.array(z.string().min(1).max(1000)).max(1000),
    objectives,
    backupEveryMinutes: z
      .number()
      .int()
      .min(5)
      .max(60 * 24 * 31),
    fullEveryDays: z.number().int().min(1).max(366),
    copies: z.number().int().min(0).max(5),
    drillEveryDays: z.number().int().min(1).max(366),
    retention: z.object({
      keepDaily: wholeNumber,
      keepWeekly: wholeNumber,
      keepMonthly: wholeNumber,
    }),
  })
  .meta({ id: "PlanSpec" });

export const planProposal = z
  .object({
    spec: planSpec,
    reasons: z.array(z.object({ choice: z.string(), because: z.string() })),
    expected: z.object({
      firstBackupSeconds: z.number().min(0),
      firstStoredBytes: byteCount,
      dailyStoredBytes: byteCount,
      restoreSeconds: z.number().min(0),
    }),
  })
  .meta({ id: "PlanProposal" });

export const plan = z
  .object({
    planId: entityId,
    deviceId: entityId,
    vaultId: entityId,
    name: displayName,
    spec: planSpec,
    reasons: planProposal.shape.reasons,
    expected: planProposal.shape.expected,
    boundAt: instant,
  })
  .meta({ id: "Plan" });
export type Plan = z.infer<typeof plan>;

export const assessment = z
  .object({
    paths: z.array(devicePath).min(1).max(100),
    measuredAtMs: wholeNumber,
    files: wholeNumber,
    directories: wholeNumber,
    otherEntries: wholeNumber,
    bytes: byteCount,
    largestFileBytes: byteCount,
    unreadable: wholeNumber,
    changedBytes: z.object({ day: byteCount, week: byteCount, month: byteCount }),
    sample: z.object({
      bytes: byteCount,
      compressionRatio: z.number().min(0).max(2),
      uniqueRatio: z.number().min(0).max(1),
      bytesPerSecond: z.number().min(0),
    }),
  })
  .meta({ id: "Assessment" });
