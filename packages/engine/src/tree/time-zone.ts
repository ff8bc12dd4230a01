import { readFileSync } from "node:fs";
import { offsetByRule, parseZoneRule, type ZoneRule } from "./zone-rule.ts";

/** Offsets of one time zone: seconds east of UTC at any instant. */
export interface TimeZone {
  offsetAtS(epochS: number): number;
}

export const utc: TimeZone = { offsetAtS: () => 0 };

const zoneDirectories = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"];

/**
 * The zone of this process as a Go program on this machine sees it: `TZ` names a file of the system's zone data, without
 * `TZ` it is /etc/localtime, and what cannot be read is UTC. Node.js has zone data of its own and guesses the name
 * behind /etc/localtime, so it may disagree with restic here, and then every directory would be stored twice.
 * @see Go time/zoneinfo_unix.go
 */
export function localZone(environment: { readonly TZ?: string } = process.env): TimeZone {
  const { TZ } = environment;
  if (TZ === undefined) return readZone(["/etc/localtime"]) ?? systemZone;
  const name = TZ.replace(/^:/, "");
  if (name === "" || name === "UTC") return utc;
  if (name.startsWith("/")) return readZone([name]) ?? utc;
  return readZone(zoneDirectories.map((directory) => `${directory}/${name}`)) ?? utc;
}

/** Where there is no zone data at all (Windows), what JavaScript knows. */
const systemZone: TimeZone = {
  offsetAtS: (epochS) => -60 * new Date(epochS * 1000).getTimezoneOffset(),
};

function readZone(paths: readonly string[]): TimeZone | undefined {
  for (const path of paths) {
    try {
      return parseZone(readFileSync(path));
    } catch {
      // Not there, or no zone data: the next place, as Go does.
    }
  }
  return undefined;
}

const headerLength = 44;

/**
 * Reads a compiled zone file.
 * @throws Error when it is none
 * @see RFC 9636; lookups before the first change follow Go time.Location.lookupFirstZone
 */
function parseZone(file: Buffer): TimeZone {
  if (file.toString("latin1", 0, 4) !== "TZif") throw new Error("not a zone file");
  let at = 0;
  let timeLength = 4;
  if (file[4]! >= 0x32) {
    at = bodyEnd(file, 0, 4); // version 2 and later repeat everything with 64-bit times
    timeLength = 8;
  }
  const transitionCount = file.readUInt32BE(at + 32);
  const typeCount = file.readUInt32BE(at + 36);
  const times = at + headerLength;
  const indexes = times + transitionCount * timeLength;
  const types = indexes + transitionCount;
  const startsS: number[] = [];
  const typeOf: number[] = [];
  for (let change = 0; change < transitionCount; change += 1) {
    startsS.push(
      timeLength === 8 ? Number(file.readBigInt64BE(times + change * 8)) : file.readInt32BE(times + change * 4),
    );
    typeOf.push(file.readUInt8(indexes + change));
  }
  const zones = Array.from({ length: typeCount }, (_, type) => ({
    offsetS: file.readInt32BE(types + type * 6),
    isSummer: file.readUInt8(types + type * 6 + 4) !== 0,
  }));
  const footer = timeLength === 8 ? file.toString("latin1", bodyEnd(file, at, 8)).trim() : "";
  return zoneOf(startsS, typeOf, zones, parseZoneRule(footer));
}

/** The end of one data block: header, changes, types, names, leap seconds, indicators. */
function bodyEnd(file: Buffer, at: number, timeLength: number): number {
  const [utCount, standardCount, leapCount, timeCount, typeCount, nameLength] = [20, 24, 28, 32, 36, 40].map((offset) =>
    file.readUInt32BE(at + offset),
  ) as [number, number, number, number, number, number];
  const changes = timeCount * (timeLength + 1);
  return (
    at + headerLength + changes + typeCount * 6 + nameLength + leapCount * (timeLength + 4) + standardCount + utCount
  );
}

function zoneOf(
  startsS: readonly number[],
  typeOf: readonly number[],
  zones: readonly { readonly offsetS: number; readonly isSummer: boolean }[],
  rule: ZoneRule | undefined,
): TimeZone {
  const first = zones[firstZone(typeOf, zones)];
  if (first === undefined) return utc;
  return {
    offsetAtS(epochS) {
      if (startsS.length === 0) return rule === undefined ? first.offsetS : offsetByRule(rule, epochS);
      if (epochS < startsS[0]!) return first.offsetS;
      let low = 0;
      let high = startsS.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (startsS[middle]! <= epochS) low = middle;
        else high = middle - 1;
      }
      if (low === startsS.length - 1 && rule !== undefined) return offsetByRule(rule, epochS);
      return zones[typeOf[low]!]!.offsetS;
    },
  };
}

/** The zone in force before the first change. */
function firstZone(typeOf: readonly number[], zones: readonly { readonly isSummer: boolean }[]): number {
  if (!typeOf.includes(0)) return 0;
  const opening = typeOf[0]!;
  if (zones[opening]?.isSummer === true) {
    for (let type = opening - 1; type >= 0; type -= 1) if (!zones[type]!.isSummer) return type;
  }
  return Math.max(
    0,
    zones.findIndex((zone) => !zone.isSummer),
  );
}
