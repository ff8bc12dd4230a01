import type { Timestamp } from "../tree/timestamp.ts";

const months = "January February March April May June July August September October November December".split(" ");
const weekdays = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** The parts of Go's reference time, longer ones before those that they begin with. */
const parts =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|002|__2|01|02|03|04|05|06|15|_2|PM|pm|[.,]0+(?!\d)|[.,]9+(?!\d)|1|2|3|4|5/g;

/**
 * A time written as a layout shows it, in the zone that it was taken in: the layout is how Monday, 2 January 2006,
 * 15:04:05 in a zone seven hours behind UTC would be written.
 * @see Go time.Time.Format
 */
export function formatGoTime({ ns, offsetS }: Timestamp, layout: string): string {
  const wallNs = ns + BigInt(offsetS) * 1_000_000_000n;
  const fraction = ((wallNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const wall = new Date(Number((wallNs - fraction) / 1_000_000n));
  const digits = String(fraction).padStart(9, "0");
  return layout.replace(parts, (part) => {
    if (/^[.,]0/.test(part)) return `${part[0]}${digits.slice(0, part.length - 1).padEnd(part.length - 1, "0")}`;
    if (/^[.,]9/.test(part)) {
      const shown = digits.slice(0, part.length - 1).replace(/0+$/, "");
      return shown === "" ? "" : `${part[0]}${shown}`;
    }
    if (part.startsWith("Z")) return offsetS === 0 ? "Z" : zoneText(offsetS, part.slice(1));
    if (part.startsWith("-")) return zoneText(offsetS, part.slice(1));
    return partText(part, wall, offsetS);
  });
}

function partText(part: string, wall: Date, offsetS: number): string {
  const [year, month, day] = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate()];
  const [hour, minute, second] = [wall.getUTCHours(), wall.getUTCMinutes(), wall.getUTCSeconds()];
  const padded = (number: number, width: number, fill = "0") => String(number).padStart(width, fill);
  const yearDay = Math.floor((Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / 86_400_000) + 1;
  const texts: Readonly<Record<string, string>> = {
    "2006": padded(year, 4),
    "06": padded(year % 100, 2),
    January: months[month]!,
    Jan: months[month]!.slice(0, 3),
    "01": padded(month + 1, 2),
    "1": String(month + 1),
    Monday: weekdays[wall.getUTCDay()]!,
    Mon: weekdays[wall.getUTCDay()]!.slice(0, 3),
    "002": padded(yearDay, 3),
    __2: padded(yearDay, 3, " "),
    "02": padded(day, 2),
    _2: padded(day, 2, " "),
    "2": String(day),
    "15": padded(hour, 2),
    "03": padded(hour % 12 || 12, 2),
    "3": String(hour % 12 || 12),
    "04": padded(minute, 2),
    "4": String(minute),
    "05": padded(second, 2),
    "5": String(second),
    PM: hour < 12 ? "AM" : "PM",
    pm: hour < 12 ? "am" : "pm",
    MST: offsetS === 0 ? "UTC" : zoneText(offsetS, offsetS % 3600 === 0 ? "07" : "0700"),
  };
  return texts[part] ?? part;
}

/** An offset in the form of "07", "0700", "07:00", "070000" or "07:00:00". */
function zoneText(offsetS: number, form: string): string {
  const magnitude = Math.abs(offsetS);
  const numbers = [Math.floor(magnitude / 3600), Math.floor(magnitude / 60) % 60, magnitude % 60];
  const count = form.replaceAll(":", "").length / 2;
  const texts = numbers.slice(0, count).map((number) => String(number).padStart(2, "0"));
  return `${offsetS < 0 ? "-" : "+"}${texts.join(form.includes(":") ? ":" : "")}`;
}
