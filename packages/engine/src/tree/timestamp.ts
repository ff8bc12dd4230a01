import { localZone } from "./time-zone.ts";

/**
 * A file time as restic writes it: the instant to the nanosecond, and the zone its text is in.
 * Compare `ns` only: the same instant may stand in different zones.
 */
export interface Timestamp {
  /** Nanoseconds since 1970 UTC, negative before. */
  readonly ns: bigint;
  /** Seconds east of UTC of the wall clock in the text. */
  readonly offsetS: number;
}

const nsPerSecond = 1_000_000_000n;
const zone = localZone();

/** The instant with this process's zone at that instant, summer time and history included. */
export function localTimestamp(ns: bigint): Timestamp {
  return { ns, offsetS: zone.offsetAtS(Number(floorDivide(ns, nsPerSecond))) };
}

/** Seconds east of UTC of this process's clock at an instant (seconds since 1970 UTC). */
export function localOffsetS(epochS: number): number {
  return zone.offsetAtS(epochS);
}

export const zeroTimestamp: Timestamp = { ns: 0n, offsetS: 0 };

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}

// Years outside 0..9999 have no RFC 3339 text; restic moves them to the nearest year that has.
const yearMin = 0;
const yearMax = 9999;

/**
 * RFC 3339 with up to nine fractional digits, trailing zeros removed: "2024-05-01T08:25:52.144560725+05:30".
 * Seconds of historic offsets are in the wall clock but not in the zone, as in Go, so such a text names another instant.
 * @see Go time.RFC3339Nano; restic internal/data node.go fixTime
 */
export function formatTimestamp(time: Timestamp): string {
  const epochS = floorDivide(time.ns, nsPerSecond);
  const wall = wallText(Number(epochS) + time.offsetS);
  const fraction = Number(time.ns - epochS * nsPerSecond);
  const digits = fraction === 0 ? "" : `.${fraction.toString().padStart(9, "0").replace(/0+$/, "")}`;
  return `${wall}${digits}${formatOffset(time.offsetS)}`;
}

const dayS = 86_400;
/** Texts of days; files of one day are many. */
const dayTexts = new Map<number, string>();
const dayTextsMax = 4096;

/** "2024-05-01T08:25:52", `wallS` seconds after 1970 on the wall clock. */
function wallText(wallS: number): string {
  const day = Math.floor(wallS / dayS);
  let text = dayTexts.get(day);
  if (text === undefined) {
    text = wallClock(wallS).toISOString().slice(0, 11);
    if (dayTexts.size >= dayTextsMax) dayTexts.clear();
    dayTexts.set(day, text);
  }
  const second = wallS - day * dayS;
  const minute = Math.trunc(second / 60);
  return `${text}${twoDigits(Math.trunc(minute / 60))}:${twoDigits(minute % 60)}:${twoDigits(second % 60)}`;
}

const gregorianCycleS = 146_097 * 86_400; // 400 years, after which the calendar repeats
const dateMaxS = 8_640_000_000_000;

/** The date and time of day `wallS` seconds after 1970, its year moved into the range that has a text. */
function wallClock(wallS: number): Date {
  if (Math.abs(wallS) > dateMaxS) {
    // Beyond what a Date holds only the place within the calendar's cycle is left of it.
    const date = new Date((wallS % gregorianCycleS) * 1000);
    date.setUTCFullYear(wallS < 0 ? yearMin : yearMax);
    return date;
  }
  const date = new Date(wallS * 1000);
  const year = Math.min(Math.max(date.getUTCFullYear(), yearMin), yearMax);
  if (date.getUTCFullYear() !== year) date.setUTCFullYear(year);
  return date;
}

function formatOffset(offsetS: number): string {
  if (offsetS === 0) return "Z";
  const minutes = Math.trunc(Math.abs(offsetS) / 60);
  const sign = offsetS < 0 && minutes > 0 ? "-" : "+";
  return `${sign}${twoDigits(Math.trunc(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

const pattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** The time that an RFC 3339 text names, or undefined where it is none. Digits beyond nanoseconds are dropped. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Sextet;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // A date that rolled over (30 February, hour 25) is no date.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    return undefined;
  }
  const offset = match[8] === undefined ? 0 : Number(match[9]) * 3600 + Number(match[10]) * 60;
  const offsetS = match[8] === "-" ? -offset : offset;
  const fraction = BigInt((match[7] ?? "").padEnd(9, "0"));
  return { ns: BigInt(date.getTime() / 1000 - offsetS) * nsPerSecond + fraction, offsetS };
}

type Sextet = [number, number, number, number, number, number];
