import { minuteMs } from "@holdfast/base";
import { lockTimeMs, type LockFile } from "./lock-file.ts";

/** A living holder renews its lock this often. */
export const lockRefreshMs = 5 * minuteMs;
/** A lock that was not renewed for so long belongs to nobody any more; restic's number. */
export const lockStaleMs = 30 * minuteMs;
/** From here on a holder must assume that others may soon take its lock for stale. As restic: 22.5 minutes. */
export const lockDoubtfulMs = lockStaleMs - 1.5 * lockRefreshMs;

/** A lock file that stays unchanged while somebody watches it for so long is renewed by nobody, whatever clocks say. */
export const lockWatchMs = 1.5 * lockRefreshMs;

/** What the one who looks at a lock knows about its own machine. */
export interface Observer {
  readonly nowMs: number;
  readonly hostname: string;
  readonly processSpace: string | undefined;
  readonly isProcessAlive: (pid: number) => boolean;
}

/**
 * Whether the holder of a lock is gone for sure: not renewed for 30 minutes, or its process on this very machine is
 * dead. A dead process id alone proves nothing between containers, so a lock that does not say which process space
 * it means must also have missed two renewals.
 */
export function isStale(lock: LockFile, observer: Observer): boolean {
  const ageMs = observer.nowMs - lockTimeMs(lock);
  if (ageMs > lockStaleMs) return true;
  if (lock.hostname !== observer.hostname || lock.pid <= 0 || observer.isProcessAlive(lock.pid)) return false;
  const isSameSpace = lock.processSpace !== undefined && lock.processSpace === observer.processSpace;
  return isSameSpace || ageMs > 2 * lockRefreshMs;
}

/**
 * What can be told of a lock's holder at once. "dead": it is of this very machine, whose processes and clock we know.
 * "quiet": going by its time nobody renews it, or its clock and ours differ by more than that; only watching tells.
 */
export type HolderState = "alive" | "quiet" | "dead";

/**
 * Two machines may have the same host name, and any two may disagree about the time by hours: taking the lock of a
 * living backup for a dead one would let a prune remove what that backup builds on. So only a lock of our own process
 * space is judged by process id and age alone.
 */
export function holderState(lock: LockFile, observer: Observer): HolderState {
  const ageMs = observer.nowMs - lockTimeMs(lock);
  if (lock.processSpace !== undefined && lock.processSpace === observer.processSpace) {
    const isProcessGone = lock.pid > 0 && !observer.isProcessAlive(lock.pid);
    if (isProcessGone || ageMs > lockStaleMs) return "dead";
  }
  return Math.abs(ageMs) > lockStaleMs || isStale(lock, observer) ? "quiet" : "alive";
}
