import { HoldfastError } from "@holdfast/base";
import { cliErrors } from "./errors.ts";

const isoDay = /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?: (?<clock>\S+)(?: (?<zone>\S+))?)?$/;
const germanDay = /^(?<day>\d\d)\.(?<month>\d\d)\.(?<year>\d{4})(?: (?<clock>\S+)(?: (?<zone>\S+))?)?$/;
const goDay =
  /^[A-Z][a-z]{2} (?<name>[A-Z][a-z]{2}) (?<day>\d{1,2}) (?<clock>\S+) (?<zone>[+-]\d{4}) \S+ (?<year>\d{4})$/;
const clockTime = /^(\d\d):(\d\d)(?::(\d\d))?$/;
const zoneOffset = /^([+-])(\d\d)(\d\d)$/;
const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * An instant as restic's `find` takes it: "2026-11-22", "2026-11-22 08:30", "22.11.2026 08:30:00 +0100" and the like;
 * without a zone it is this machine's.
 * @returns nanoseconds since 1970
 * @throws CLI_USAGE
 */
export function parseMoment(text: string, flag: string): bigint {
  const found = [isoDay, germanDay, goDay].map((pattern) => pattern.exec(text)?.groups).find(Boolean);
  const ms = found === undefined ? Number.NaN : msOf(found);
  if (Number.isNaN(ms)) {
    throw new HoldfastError(
      cliErrors.usage,
      `${flag} wants a time such as "2026-11-22" or "2026-11-22 08:30:00", not "${text}".`,
    );
  }
  return BigInt(ms) * 1_000_000n;
}

function msOf({ year, month, name, day, clock, zone }: Readonly<Record<string, string | undefined>>): number {
  const [, hour, minute, second] = clockTime.exec(clock ?? "00:00") ?? [];
  const monthIndex = name === undefined ? Number(month) - 1 : monthNames.indexOf(name);
  const parts = [Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second ?? 0)] as const;
  const wall = new Date(Date.UTC(...parts));
  // A date that rolled over (30 February, hour 25) is no date.
  if (hour === undefined || wall.getUTCDate() !== parts[2] || wall.getUTCHours() !== parts[3]) return Number.NaN;
  if (wall.getUTCMonth() !== monthIndex || wall.getUTCMinutes() !== parts[4]) return Number.NaN;
  if (zone === undefined) return new Date(...parts).getTime();
  if (/^(?:UTC|GMT|Z)$/.test(zone)) return wall.getTime();
  const [, sign, hours, minutes] = zoneOffset.exec(zone) ?? [];
  if (sign === undefined) return Number.NaN;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return wall.getTime() - (sign === "-" ? -offsetMs : offsetMs);
}
