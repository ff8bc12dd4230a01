/** "Sun, 22 Nov 2026 08:30:00 GMT". Times before 1970, which many clients cannot read, are told as 1970. */
export function httpDate(ns: bigint): string {
  return new Date(Math.min(Math.max(Number(ns / 1_000_000n), earliestMs), latestMs)).toUTCString();
}

const earliestMs = Date.UTC(1970, 0);
const latestMs = Date.UTC(9999, 11, 31);
