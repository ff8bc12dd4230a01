import type { Clock } from "@holdfast/base";
import { formatTimestamp, localTimestamp } from "./tree/timestamp.ts";

/** The present time as restic writes it into its files: RFC 3339 in the local zone. */
export function timestampNow(clock: Clock): string {
  return formatTimestamp(localTimestamp(BigInt(Math.trunc(clock.nowMs())) * 1_000_000n));
}
