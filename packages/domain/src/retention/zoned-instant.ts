import type { CalendarDuration } from "./calendar-duration.ts";

/** An instant and the wall clock that was read: whoever backed up in Tokyo had another day than the server. */
export interface ZonedInstant {
  /** Nanoseconds since 1970 UTC. */
  readonly ns: bigint;
  /** Seconds east of UTC. */
  readonly offsetS: number;
}

/** Seconds east of UTC of a place's wall clock at an instant (seconds since 1970 UTC), summer time included. */
export type ZoneOffset = (epochS: number) => number;

const nsPerSecond = 1_000_000_000n;
const hourS = 3600;

/** The date and hour that the wall clock showed, in the UTC fields of a Date. */
export function wallClock({ ns, offsetS }: ZonedInstant): Date {
  return new Date((epochSecond(ns) + offsetS) * 1000);
}

/**
 * Goes back by years, months and days on the calendar, then by hours. A day that a month does not have runs over into
 * the next: a month before 31 March is 3 March, or 2 March in a leap year.
 *
 * @param localOffset the zone of the machine that asks. An instant whose offset is this zone's takes the zone's offset
 *   at the earlier date, so that "6m" over a change to summer time leads to the same time of day. Without it, and for
 *   instants from elsewhere, the offset stays.
 * @returns nanoseconds since 1970 UTC; undefined before what a calendar holds
 * @see Go time.Time.AddDate, which restic computes with
 */
export function goBack(
  from: ZonedInstant,
  duration: CalendarDuration,
  localOffset: ZoneOffset | undefined,
): bigint | undefined {
  const epochS = epochSecond(from.ns);
  const wall = wallClock(from);
  wall.setUTCFullYear(
    wall.getUTCFullYear() - duration.years,
    wall.getUTCMonth() - duration.months,
    wall.getUTCDate() - duration.days,
  );
  const wallS = wall.getTime() / 1000;
  if (Number.isNaN(wallS)) return undefined;
  // A text that says UTC is in UTC for Go, also where the local clock happens to agree.
  const isLocal = localOffset !== undefined && from.offsetS !== 0 && localOffset(epochS) === from.offsetS;
  const backS = wallS - (isLocal ? offsetOfWall(wallS, localOffset) : from.offsetS);
  const fraction = from.ns - BigInt(epochS) * nsPerSecond;
  return BigInt(backS - duration.hours * hourS) * nsPerSecond + fraction;
}

/** A wall clock may show a time twice or never; like Go's, this takes the offset after looking at both sides. */
function offsetOfWall(wallS: number, localOffset: ZoneOffset): number {
  return localOffset(wallS - localOffset(wallS));
}

function epochSecond(ns: bigint): number {
  const quotient = ns / nsPerSecond;
  return Number(ns % nsPerSecond < 0n ? quotient - 1n : quotient);
}
