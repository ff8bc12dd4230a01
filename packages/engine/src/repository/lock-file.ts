import { parseTimestamp } from "../tree/timestamp.ts";

/** "shared" work adds and reads; "exclusive" work removes, and tolerates nobody beside it. */
export type LockKind = "shared" | "exclusive";

/** Who holds a lock, as the lock file says. Nobody has proven it: any holder of the key can write anything. */
export interface LockFile {
  /** When it was last renewed, by its holder's clock, RFC 3339. */
  readonly time: string;
  readonly isExclusive: boolean;
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Which set of process ids `pid` belongs to; only Holdfast writes it. @see process-space.ts */
  readonly processSpace?: string;
}

/** JSON in restic's key order; the last key is ours, and restic passes over it. */
export function serialiseLockFile(lock: LockFile): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      time: lock.time,
      exclusive: lock.isExclusive,
      hostname: lock.hostname,
      username: lock.username,
      pid: lock.pid,
      uid: lock.uid === 0 ? undefined : lock.uid,
      gid: lock.gid === 0 ? undefined : lock.gid,
      process_space: lock.processSpace,
    }),
  );
}

/** @throws Error when the JSON is no lock */
export function parseLockFile(json: Uint8Array): LockFile {
  const parsed: unknown = JSON.parse(Buffer.from(json).toString("utf8"));
  if (typeof parsed !== "object" || parsed === null) throw new Error("not an object");
  const fields: Readonly<Record<string, unknown>> = { ...parsed };
  if (typeof fields.time !== "string" || parseTimestamp(fields.time) === undefined) throw new Error("no time");
  if (typeof fields.exclusive !== "boolean") throw new Error("neither shared nor exclusive");
  return {
    time: fields.time,
    isExclusive: fields.exclusive,
    hostname: typeof fields.hostname === "string" ? fields.hostname : "",
    username: typeof fields.username === "string" ? fields.username : "",
    pid: typeof fields.pid === "number" && Number.isSafeInteger(fields.pid) ? fields.pid : 0,
    ...(typeof fields.process_space === "string" && { processSpace: fields.process_space }),
  };
}

/** Milliseconds since 1970 of the lock's time. */
export function lockTimeMs(lock: LockFile): number {
  return Number((parseTimestamp(lock.time)?.ns ?? 0n) / 1_000_000n);
}

export function conflicts(lock: LockFile, kind: LockKind): boolean {
  return lock.isExclusive || kind === "exclusive";
}
