import { minuteMs, secondMs, type Random } from "@holdfast/base";

const firstWaitMs = secondMs;
const longestWaitMs = minuteMs;

/**
 * How long to wait before trying again. The bound doubles with each failure in a row up to a minute, and the wait is
 * anywhere below it: after an outage thousands of agents come back spread out instead of together.
 *
 * @param failures how many tries in a row have failed, from 1
 * @see Marc Brooker, "Exponential Backoff And Jitter" (full jitter)
 */
export function backOffMs(failures: number, random: Random): number {
  const boundMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1));
  return fractionOf(random) * boundMs;
}

/** Evenly from 0 up to, not including, 1. */
function fractionOf(random: Random): number {
  return new DataView(random.bytes(4).buffer).getUint32(0) / 2 ** 32;
}
