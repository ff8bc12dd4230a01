import { z } from "zod";

/** An id that we made: a UUID in lower case. */
export const entityId = z.uuid();
/** An instant, RFC 3339 in UTC. */
export const instant = z.iso.datetime();
/** A SHA-256 in hex: snapshot ids, tree ids, token hashes. */
export const hash256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A name that people give; shown, never used as a path. */
export const displayName = z.string().trim().min(1).max(200);
export const byteCount = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const wholeNumber = byteCount;
/** Absolute path on a device, as text. Paths that are not UTF-8 are shown escaped and cannot be typed. */
export const devicePath = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^(\/|[A-Za-z]:[\\/])/, "must be absolute");

/** The body of every error answer: stable code, plain message, what to do. */
export const problem = z
  .object({
    code: z.string(),
    message: z.string(),
    cure: z.string(),
    requestId: z.string().optional(),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof problem>;
