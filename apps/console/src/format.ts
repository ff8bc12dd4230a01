import { dayMs, formatBytes, formatDuration, hourMs, minuteMs } from "@holdfast/base";

/**
 * "12 min ago", "5 h ago", "2 d ago": one unit, because the exact instant is a hover away. Below a minute "just now",
 * so that a list does not tick. A negative age is a clock ahead of ours.
 */
export function formatAgo(ageMs: number): string {
  if (ageMs < minuteMs) return "just now";
  const unitMs = ageMs < hourMs ? minuteMs : ageMs < 2 * dayMs ? hourMs : dayMs;
  return `${Math.floor(ageMs / unitMs)} ${unitMs === minuteMs ? "min" : unitMs === hourMs ? "h" : "d"} ago`;
}

/** An age in a table: "3 h 5 min", below a minute "under 1 min". */
export function formatAge(ageMs: number): string {
  return ageMs < minuteMs ? "under 1 min" : formatDuration(ageMs);
}

/** The exact instant in the reader's time zone, with the zone: "22 Nov 2026, 11:09:12 GMT+1". */
export function formatInstant(iso: string, timeZone?: string): string {
  const options: Intl.DateTimeFormatOptions = {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  };
  if (timeZone !== undefined) options.timeZone = timeZone;
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(iso));
}

/** The same, as short as a narrow column needs: "22 Nov 2026, 11:09". */
export function formatMinute(iso: string, timeZone?: string): string {
  const options: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "short" };
  if (timeZone !== undefined) options.timeZone = timeZone;
  return new Intl.DateTimeFormat("en-GB", options).format(new Date(iso));
}

/** An objective as it was promised: 1440 is "24 h", 90 is "1 h 30 min", 2880 is "2 d". */
export function formatObjective(minutes: number): string {
  return minutes === 24 * 60 ? "24 h" : formatDuration(minutes * minuteMs);
}

/** "12.3 MiB/s" */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(Math.round(bytesPerSecond))}/s`;
}

/** Whole percent of a share from 0 to 1; never 0 % once it has begun, nor 100 % before it is all done. */
export function formatShare(share: number): string {
  const percent = Math.floor(share * 100);
  return share > 0 && percent === 0 ? "under 1 %" : `${Math.min(100, Math.max(0, percent))} %`;
}

/** The first characters of an id, as restic shows them; the whole one belongs in a title. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** A count with separators: "12,345". */
export function formatCount(count: number): string {
  return count.toLocaleString("en");
}

/** What kept bytes cost in the vault against their size: "31 % of its size", or nothing to say for no bytes. */
export function formatStoredShare(storedBytes: number, addedBytes: number): string {
  return addedBytes > 0 ? `${Math.round((storedBytes / addedBytes) * 100)} % of its size` : "";
}
