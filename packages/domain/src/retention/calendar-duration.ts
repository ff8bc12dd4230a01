/** A span of the calendar, as people write how long to keep things: a month is as long as the month at hand. */
export interface CalendarDuration {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
}

const unitOf: Readonly<Record<string, keyof CalendarDuration>> = { y: "years", m: "months", d: "days", h: "hours" };
/** So that no date computed from it leaves what a calendar of computers holds. */
const digitsMax = 6;

/**
 * restic's notation: "1y5m7d2h" in any order, a unit given twice counts the last time; "" is no time at all.
 * @returns undefined where the text is none, or has a negative part
 */
export function parseCalendarDuration(text: string): CalendarDuration | undefined {
  const trimmed = text.trim();
  const parts = [...trimmed.matchAll(/(\d+)([ymdh])/g)];
  if (parts.map(([part]) => part).join("") !== trimmed) return undefined;
  const duration = { years: 0, months: 0, days: 0, hours: 0 };
  for (const [, digits = "", unit = ""] of parts) {
    if (digits.replace(/^0+/, "").length > digitsMax) return undefined;
    duration[unitOf[unit]!] = Number(digits);
  }
  return duration;
}

/** The same notation, largest unit first, without the units that are zero. */
export function formatCalendarDuration({ years, months, days, hours }: CalendarDuration): string {
  const part = (number: number, unit: string) => (number === 0 ? "" : `${number}${unit}`);
  return part(years, "y") + part(months, "m") + part(days, "d") + part(hours, "h");
}

export function isZeroDuration({ years, months, days, hours }: CalendarDuration): boolean {
  return years === 0 && months === 0 && days === 0 && hours === 0;
}
