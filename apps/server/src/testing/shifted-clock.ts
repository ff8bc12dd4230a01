import { systemClock, type Clock } from "@holdfast/base";

/** The real clock, with a wall time that a test can move: for servers, whose sockets and database keep real time. */
export function shiftedClock(): Clock & { shiftMs(ms: number): void } {
  let shiftedMs = 0;
  return {
    nowMs: () => systemClock.nowMs() + shiftedMs,
    monotonicMs: () => systemClock.monotonicMs(),
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
    shiftMs: (ms) => (shiftedMs += ms),
  };
}
