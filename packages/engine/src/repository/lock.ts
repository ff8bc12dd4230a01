import {
  HoldfastError,
  formatDuration,
  isFailure,
  messageOf,
  minuteMs,
  secondMs,
  type Clock,
  type Log,
} from "@holdfast/base";
import { storageErrors, type FileEntry } from "@holdfast/storage";
import type { EngineContext } from "../context.ts";
import { engineErrors } from "../errors.ts";
import type { Id } from "../id.ts";
import { timestampNow } from "../timestamp-now.ts";
import { HeldLock } from "./held-lock.ts";
import { conflicts, lockTimeMs, parseLockFile, serialiseLockFile, type LockFile, type LockKind } from "./lock-file.ts";
import { holderState, lockWatchMs } from "./lock-staleness.ts";
import { isProcessAlive, processSpace } from "./process-space.ts";

/** The lock files of one repository, decrypted. */
export interface LockStore {
  list(signal?: AbortSignal): Promise<FileEntry[]>;
  load(id: Id, signal?: AbortSignal): Promise<Uint8Array>;
  save(json: Uint8Array, signal?: AbortSignal): Promise<Id>;
  remove(id: Id, signal?: AbortSignal): Promise<void>;
  exists(id: Id, signal?: AbortSignal): Promise<boolean>;
}

export interface LockOptions {
  /** This machine's own name, also where snapshots are made under another. */
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
  readonly uid?: number;
  readonly gid?: number;
  /** How long to keep trying while somebody else holds the repository; default 0. */
  readonly retryForMs?: number;
  /** Whether a process of this machine lives; a test owns it. */
  readonly isProcessAlive?: (pid: number) => boolean;
}

const recheckAfterMs = 200;
const watchPauseMs = 15 * secondMs;
const retryPauseMs = 5 * secondMs;
const retryPauseMaxMs = minuteMs;
/** A storage may go on listing what is gone; nobody renews or changes a lock so often. */
const looksAtOnceMax = 8;
/** Before each further look at a lock that cannot be read: it may just be being replaced. */
const unreadablePausesMs = [5 * secondMs, 10 * secondMs, 20 * secondMs] as const;

/**
 * Takes the repository for a piece of work. Locks whose holder is provably gone are removed on the way, so that a
 * crash does not need a person; where that takes watching an old lock that is in the way, this waits some minutes.
 *
 * @param beside a lock of the same session, which is not in the way. Beneath an exclusive one nothing is waited for
 * @throws ENGINE_LOCKED naming the holder, after `retryForMs`; ENGINE_LOCK_UNREADABLE, ENGINE_LOCK_LOST
 * @see restic-format.md section 10
 */
export async function acquireLock(
  store: LockStore,
  kind: LockKind,
  options: LockOptions,
  context: Pick<EngineContext, "clock" | "log" | "processSpace">,
  signal?: AbortSignal,
  beside?: HeldLock,
): Promise<HeldLock> {
  const { clock } = context;
  const retryForMs = options.retryForMs ?? 0;
  const startedAtMs = clock.monotonicMs();
  let pauseMs = retryPauseMs;
  for (;;) {
    try {
      return await acquireOnce(store, kind, options, context, signal, beside);
    } catch (error) {
      const leftMs = retryForMs - (clock.monotonicMs() - startedAtMs);
      if (!isFailure(error, engineErrors.locked) || leftMs <= 0) throw error;
      context.log.info("waiting for the repository", { why: error.message });
      await clock.sleep(Math.min(pauseMs, leftMs), signal);
      pauseMs = Math.min(pauseMs * 2, retryPauseMaxMs);
    }
  }
}

async function acquireOnce(
  store: LockStore,
  kind: LockKind,
  options: LockOptions,
  context: Pick<EngineContext, "clock" | "log" | "processSpace">,
  signal: AbortSignal | undefined,
  beside: HeldLock | undefined,
): Promise<HeldLock> {
  const { clock, log } = context;
  const known = new Map<Id, LockFile>();
  const space = context.processSpace ?? processSpace();
  const describe = () => describeSelf(kind, options, clock, space);
  const observe = () => ({
    nowMs: clock.nowMs(),
    hostname: options.hostname,
    processSpace: space,
    isProcessAlive: options.isProcessAlive ?? isProcessAlive,
  });

  /** Removes the locks of the dead and throws at what is in the way. */
  const ensureFree = async (own?: Id, mayWatch = own === undefined): Promise<void> => {
    await loadLocks(store, known, own, clock, signal);
    const quiet: Id[] = [];
    for (const [id, lock] of known) {
      if (beside?.owns(id) === true) continue;
      const state = holderState(lock, observe());
      if (state === "dead" && (await tryToRemove(store, id, lock, log, signal))) known.delete(id);
      else if (!conflicts(lock, kind)) continue;
      else if (state === "quiet" && mayWatch) quiet.push(id);
      else throw lockedBy(lock, clock.nowMs());
    }
    if (quiet.length === 0) return;
    const holders = quiet.map((id) => holderText(known.get(id)!)).join(", ");
    log.info("waiting to see whether the holders of old locks are alive", { holders });
    for (const id of await unchangedOf(quiet, store, clock, signal))
      await tryToRemove(store, id, known.get(id)!, log, signal);
    // What is gone was given back or renewed; a renewed one is in the way, however old it says it is.
    await ensureFree(own, false);
  };

  const isAlone = beside?.kind === "exclusive";
  if (!isAlone) await ensureFree();
  const heldAtMs = { wall: clock.nowMs(), monotonic: clock.monotonicMs() };
  const own = await store.save(serialiseLockFile(describe()), signal);
  try {
    if (isAlone) await beside.confirmHeld(0); // who tries to have it sees that lock, and this one once it is gone
    else {
      await clock.sleep(recheckAfterMs, signal); // time for one who looked at the same moment to show
      await ensureFree(own);
    }
  } catch (error) {
    await removeQuietly(store, own, log);
    throw error;
  }
  return new HeldLock(store, own, kind, () => serialiseLockFile(describe()), heldAtMs, context);
}

/** Those of the lock files that are there for so long that nobody can be renewing them. */
async function unchangedOf(
  ids: readonly Id[],
  store: LockStore,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Id[]> {
  const sinceMs = clock.monotonicMs();
  let unchanged = [...ids];
  while (unchanged.length > 0 && clock.monotonicMs() - sinceMs < lockWatchMs) {
    await clock.sleep(watchPauseMs, signal);
    const there = new Set((await store.list(signal)).map(({ name }) => name));
    unchanged = unchanged.filter((id) => there.has(id));
  }
  return unchanged;
}

/** Brings `known` up to date with the lock files that are there, without the own one. */
async function loadLocks(
  store: LockStore,
  known: Map<Id, LockFile>,
  own: Id | undefined,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let [look, looksAtOnce] = [0, 0]; ;) {
    let unreadable: { id: Id; error: unknown } | undefined;
    let isOneGone = false;
    const there = new Set<Id>();
    for (const entry of await store.list(signal)) {
      const id = entry.name as Id;
      if (entry.sizeBytes === 0 || id === own) continue; // an empty file is an upload that never happened
      there.add(id);
      if (known.has(id)) continue;
      try {
        known.set(id, parseLockFile(await store.load(id, signal)));
      } catch (error) {
        if (isFailure(error, storageErrors.missing)) {
          isOneGone = true; // given back, or its holder has another in its place
          continue;
        }
        if (error instanceof HoldfastError && error.kind !== "damaged") throw error;
        signal?.throwIfAborted();
        unreadable ??= { id, error };
      }
    }
    for (const id of known.keys()) if (!there.has(id)) known.delete(id);
    if (isOneGone && looksAtOnce < looksAtOnceMax) {
      looksAtOnce += 1;
      continue;
    }
    if (unreadable === undefined) return;
    const pauseMs = unreadablePausesMs[look];
    look += 1;
    if (pauseMs === undefined) throw unreadableLock(unreadable.id, unreadable.error);
    await clock.sleep(pauseMs, signal);
  }
}

function describeSelf(kind: LockKind, options: LockOptions, clock: Clock, space: string | undefined): LockFile {
  const { hostname, username, pid, uid, gid } = options;
  return {
    time: timestampNow(clock),
    isExclusive: kind === "exclusive",
    hostname,
    username,
    pid,
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    ...(space !== undefined && { processSpace: space }),
  };
}

async function tryToRemove(
  store: LockStore,
  id: Id,
  lock: LockFile,
  log: Log,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await store.remove(id, signal);
    log.warn("removed the lock of a process that is gone", { holder: holderText(lock), since: timeText(lock) });
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    log.warn("could not remove a stale lock", { holder: holderText(lock), why: messageOf(error) });
    return false;
  }
}

async function removeQuietly(store: LockStore, id: Id, log: Log): Promise<void> {
  try {
    await store.remove(id);
  } catch (error) {
    log.warn("could not remove the own lock; it is stale in 30 minutes", { why: messageOf(error) });
  }
}

function lockedBy(lock: LockFile, nowMs: number): HoldfastError {
  const ageMs = Math.max(0, nowMs - lockTimeMs(lock));
  return new HoldfastError(
    engineErrors.locked,
    `The repository is in use by ${holderText(lock)}, last heard of ${formatDuration(ageMs)} ago (${timeText(lock)}).`,
  );
}

/** A time may have any number of digits. */
function timeText(lock: LockFile): string {
  return lock.time.slice(0, 40);
}

/** The text comes from a file that others wrote: control characters would reach a terminal. */
function holderText(lock: LockFile): string {
  const who = `${lock.username}@${lock.hostname}`.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "?").slice(0, 120);
  return `${who} (process ${lock.pid}, ${lock.isExclusive ? "exclusive" : "shared"})`;
}

function unreadableLock(id: Id, cause: unknown): HoldfastError {
  return new HoldfastError(engineErrors.lockUnreadable, `The lock ${id} cannot be read.`, { cause });
}
