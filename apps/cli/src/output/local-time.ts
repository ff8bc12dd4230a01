const nsPerMs = 1_000_000n;

/**
 * "2026-11-22 08:30:00" in this machine's zone, as restic prints times.
 * @param ns nanoseconds since 1970 UTC
 */
export function localTime(ns: bigint): string {
  const at = new Date(Number((ns - (((ns % nsPerMs) + nsPerMs) % nsPerMs)) / nsPerMs)); // towards the past, also before 1970
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
