import type { Clock } from "@holdfast/base";

export interface ManualClock extends Clock {
  /** Lets `ms` pass, on both clocks, and wakes the sleepers whose time has come, in their order. */
  advanceMs(ms: number): void;
  /** Sets the wall clock only, as an administrator or NTP would. */
  setNowMs(nowMs: number): void;
  /** How many are asleep now. */
  readonly sleepers: number;
}

interface Sleeper {
  readonly wakeAtMs: number;
  readonly wake: () => void;
}

/** 1 January 2026, noon UTC: a day like any other. */
const defaultNowMs = Date.UTC(2026, 0, 1, 12);

/**
 * A clock that stands still until the test moves it.
 * With `sleepsPass`, every sleep ends at once and moves the clock by its length: for code whose waiting is not the point.
 */
export function manualClock(options: { nowMs?: number; sleepsPass?: boolean } = {}): ManualClock {
  let wallOffsetMs = options.nowMs ?? defaultNowMs;
  let monotonicMs = 0;
  const sleepers = new Set<Sleeper>();

  const advanceMs = (ms: number) => {
    monotonicMs += ms;
    const due = [...sleepers].filter((sleeper) => sleeper.wakeAtMs <= monotonicMs);
    for (const sleeper of due.sort((left, right) => left.wakeAtMs - right.wakeAtMs)) sleeper.wake();
  };

  return {
    nowMs: () => wallOffsetMs + monotonicMs,
    monotonicMs: () => monotonicMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        if (options.sleepsPass === true) {
          advanceMs(ms);
          return resolve();
        }
        const onAbort = () => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          wakeAtMs: monotonicMs + ms,
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", onAbort);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
    advanceMs,
    setNowMs: (nowMs) => {
      wallOffsetMs = nowMs - monotonicMs;
    },
    get sleepers() {
      return sleepers.size;
    },
  };
}
