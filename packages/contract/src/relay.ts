import { z } from "zod";

/** One entry of a directory in a snapshot, as the keeper lists it (JSON lines inside the sealed answer). */
export const listedEntry = z.object({
  /** For people: bytes that are not printable text are escaped. */
  name: z.string(),
  /** For asking again: base64url of the raw path bytes inside the snapshot. */
  path: z.string(),
  type: z.enum(["file", "dir", "symlink", "dev", "chardev", "fifo", "socket", "irregular"]),
  sizeBytes: z.number().nullable(),
  mode: z.number(),
  modifiedAt: z.string(),
  linkTarget: z.string().optional(),
});
export type ListedEntry = z.infer<typeof listedEntry>;

/** What a reader asks of a snapshot; the answer is a stream sealed to `readerKey`. @see packages/client sealed-relay.ts */
export const snapshotRead = z
  .object({
    path: z
      .string()
      .max(8192)
      .regex(/^[A-Za-z0-9_-]*$/),
    readerKey: z.string().length(87),
  })
  .meta({ id: "SnapshotRead" });
