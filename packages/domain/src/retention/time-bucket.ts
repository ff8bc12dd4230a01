import { wallClock, type ZonedInstant } from "./zoned-instant.ts";

/** The spans of which one snapshot each is kept. */
export const bucketKinds = ["hourly", "daily", "weekly", "monthly", "yearly"] as const;
export type BucketKind = (typeof bucketKinds)[number];

const dayMs = 86_400_000;

/** A number that is equal for two instants of the same hour, day, week, month or year on their own wall clocks. */
export function bucketOf(kind: BucketKind, instant: ZonedInstant): number {
  const date = wallClock(instant);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  switch (kind) {
    case "hourly":
      return ((year * 100 + month) * 100 + day) * 100 + date.getUTCHours();
    case "daily":
      return (year * 100 + month) * 100 + day;
    case "weekly":
      return isoWeek(date);
    case "monthly":
      return year * 100 + month;
    case "yearly":
      return year;
  }
}

/** Year and week of ISO 8601: weeks begin on Monday and belong to the year that their Thursday is in. */
function isoWeek(date: Date): number {
  const daysSinceMonday = (date.getUTCDay() + 6) % 7;
  const thursday = new Date(date.getTime() + (3 - daysSinceMonday) * dayMs);
  const year = thursday.getUTCFullYear();
  const newYear = new Date(0);
  newYear.setUTCFullYear(year, 0, 1); // Date.UTC takes years below 100 for those of the last century
  const week = Math.floor((thursday.getTime() - newYear.getTime()) / (7 * dayMs)) + 1;
  return year * 100 + week;
}
