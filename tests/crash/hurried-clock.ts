import type { Clock } from "@holdfast/base";

const shortSleepMs = 1000;
const hurry = 100;

/**
 * A clock that moves only when somebody sleeps. Short sleeps end at once; long ones, which wait for something else to
 * happen, end a hundred times sooner than they say.
 */
export function hurriedClock(startMs: number): Clock {
  let passedMs = 0;
  return {
    nowMs: () => startMs + passedMs,
    monotonicMs: () => passedMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const wakeAtMs = passedMs + ms;
        const wake = () => {
          passedMs = Math.max(passedMs, wakeAtMs);
          signal?.removeEventListener("abort", stop);
          resolve();
        };
        const stop = () => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        const timer = ms <= shortSleepMs ? undefined : setTimeout(wake, ms / hurry).unref();
        if (timer === undefined) setImmediate(wake);
        else signal?.addEventListener("abort", stop, { once: true });
      }),
  };
}
