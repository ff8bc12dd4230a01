export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

export const secondMs = 1000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Bytes for people, three significant digits: 1536 is "1.50 KiB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  if (unit === 0) return `${value} B`;
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

/** A length of time for people, two units at most: "850 ms", "2.4 s", "3 min 20 s", "4 h 5 min", "2 d 3 h". */
export function formatDuration(ms: number): string {
  if (ms < secondMs) return `${Math.round(ms)} ms`;
  if (ms < minuteMs) return `${(ms / secondMs).toFixed(ms < 10 * secondMs ? 1 : 0)} s`;
  const [big, bigName, small, smallName] =
    ms < hourMs
      ? ([minuteMs, "min", secondMs, "s"] as const)
      : ms < dayMs
        ? ([hourMs, "h", minuteMs, "min"] as const)
        : ([dayMs, "d", hourMs, "h"] as const);
  const whole = Math.floor(ms / big);
  const rest = Math.floor((ms - whole * big) / small);
  return rest === 0 ? `${whole} ${bigName}` : `${whole} ${bigName} ${rest} ${smallName}`;
}

/** "1 file", "2,000 files": a whole number with its noun. */
export function count(n: number, one: string, many: string = `${one}s`): string {
  // By hand, because the first number that Node.js formats for a language costs 10 ms.
  const grouped = String(n).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${grouped} ${n === 1 ? one : many}`;
}
