import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";
import { toHex } from "./bytes.ts";

/**
 * A UUID version 7: sorts by the time it was made, so database indexes stay compact.
 * @see RFC 9562 section 5.7
 */
export function newId(clock: Clock, random: Random): string {
  const bytes = random.bytes(16);
  const nowMs = clock.nowMs();
  new DataView(bytes.buffer).setUint16(0, Math.floor(nowMs / 2 ** 32));
  new DataView(bytes.buffer).setUint32(2, nowMs >>> 0);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
