/**
 * The rule after the last written change of a time zone: "CET-1CEST,M3.5.0,M10.5.0/3".
 * @see POSIX TZ, with the hours beyond 24 that RFC 9636 allows
 */
export interface ZoneRule {
  readonly standardOffsetS: number;
  /** Absent where the zone has no summer time. */
  readonly summer?: { readonly offsetS: number; readonly start: YearlyChange; readonly end: YearlyChange };
}

/** A moment of each year, by wall clock before the change: a day, and seconds from its midnight. */
interface YearlyChange {
  readonly day:
    | { readonly kind: "without-leap-day"; readonly day: number } // 1..365, 29 February never counted
    | { readonly kind: "day-of-year"; readonly day: number } // 0..365
    | { readonly kind: "weekday"; readonly month: number; readonly week: number; readonly weekday: number };
  readonly secondOfDay: number;
}

const daySeconds = 86_400;
const name = "(?:[A-Za-z]{3,}|<[^<>]*>)";
const time = "[+-]?\\d{1,3}(?::\\d{1,2}(?::\\d{1,2})?)?";
const date = `(?:J\\d{1,3}|\\d{1,3}|M\\d{1,2}\\.\\d\\.\\d)(?:/${time})?`;
const rulePattern = new RegExp(`^${name}(${time})(?:${name}(${time})?(?:,(${date}),(${date}))?)?$`);
const hasSummerName = new RegExp(`^${name}${time}${name}`);

/** The rule, or undefined where `text` is none. */
export function parseZoneRule(text: string): ZoneRule | undefined {
  const match = rulePattern.exec(text);
  if (match === null) return undefined;
  const standardOffsetS = 0 - secondsOf(match[1]!);
  if (!hasSummerName.test(text)) return { standardOffsetS };
  const offsetS = match[2] === undefined ? standardOffsetS + 3600 : 0 - secondsOf(match[2]);
  return {
    standardOffsetS,
    summer: { offsetS, start: parseChange(match[3] ?? "M3.2.0"), end: parseChange(match[4] ?? "M11.1.0") },
  };
}

/** Seconds of "h", "h:m" or "h:m:s" with an optional sign. */
function secondsOf(text: string): number {
  const [hours, minutes = 0, seconds = 0] = text.replace(/^[+-]/, "").split(":").map(Number);
  const value = hours! * 3600 + minutes * 60 + seconds;
  return text.startsWith("-") ? 0 - value : value;
}

function parseChange(text: string): YearlyChange {
  const [day, at = "2"] = text.split("/") as [string, string?];
  const secondOfDay = secondsOf(at);
  if (day.startsWith("J")) return { day: { kind: "without-leap-day", day: Number(day.slice(1)) }, secondOfDay };
  if (!day.startsWith("M")) return { day: { kind: "day-of-year", day: Number(day) }, secondOfDay };
  const [month, week, weekday] = day.slice(1).split(".").map(Number) as [number, number, number];
  return { day: { kind: "weekday", month, week, weekday }, secondOfDay };
}

/** Seconds east of UTC at an instant, by the rule alone. */
export function offsetByRule(rule: ZoneRule, epochS: number): number {
  if (rule.summer === undefined) return rule.standardOffsetS;
  const { offsetS, start, end } = rule.summer;
  const year = new Date(epochS * 1000).getUTCFullYear();
  const startS = changeInYear(start, year) - rule.standardOffsetS;
  const endS = changeInYear(end, year) - offsetS;
  const isSummer = startS < endS ? epochS >= startS && epochS < endS : epochS < endS || epochS >= startS;
  return isSummer ? offsetS : rule.standardOffsetS;
}

/** The wall-clock second of the change, counted from 1970 as if the wall clock were UTC. */
function changeInYear(change: YearlyChange, year: number): number {
  const { day } = change;
  const yearStart = Date.UTC(year, 0, 1) / 1000;
  if (day.kind === "day-of-year") return yearStart + day.day * daySeconds + change.secondOfDay;
  if (day.kind === "without-leap-day") {
    const isLeap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
    return yearStart + (day.day - (isLeap && day.day >= 60 ? 0 : 1)) * daySeconds + change.secondOfDay;
  }
  const firstWeekday = new Date(Date.UTC(year, day.month - 1, 1)).getUTCDay();
  const daysInMonth = new Date(Date.UTC(year, day.month, 0)).getUTCDate();
  let dayOfMonth = 1 + ((day.weekday - firstWeekday + 7) % 7) + (day.week - 1) * 7;
  while (dayOfMonth > daysInMonth) dayOfMonth -= 7;
  return Date.UTC(year, day.month - 1, dayOfMonth) / 1000 + change.secondOfDay;
}
