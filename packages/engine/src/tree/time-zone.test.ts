import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { localZone, utc } from "./time-zone.ts";
import { offsetByRule, parseZoneRule } from "./zone-rule.ts";

const at = (text: string) => Date.parse(text) / 1000;

describe("the rule at the end of a zone file", () => {
  test.each([
    ["CET-1CEST,M3.5.0,M10.5.0/3", "2035-03-25T00:59:59Z", 3600],
    ["CET-1CEST,M3.5.0,M10.5.0/3", "2035-03-25T01:00:00Z", 7200],
    ["CET-1CEST,M3.5.0,M10.5.0/3", "2035-10-28T00:59:59Z", 7200],
    ["CET-1CEST,M3.5.0,M10.5.0/3", "2035-10-28T01:00:00Z", 3600],
    ["AEST-10AEDT,M10.1.0,M4.1.0/3", "2040-01-01T00:00:00Z", 39_600],
    ["AEST-10AEDT,M10.1.0,M4.1.0/3", "2040-07-01T00:00:00Z", 36_000],
    ["<+0330>-3:30", "2030-01-01T00:00:00Z", 12_600],
    ["EST5EDT", "2030-07-01T00:00:00Z", -14_400],
    ["IST-2IDT,M3.4.4/26,M10.5.0", "2030-03-28T23:59:59Z", 7200],
    ["IST-2IDT,M3.4.4/26,M10.5.0", "2030-03-29T00:00:00Z", 10_800],
    ["XXX0YYY,J60,300/2:30:30", "2032-03-01T01:59:59Z", 0],
    ["XXX0YYY,J60,300/2:30:30", "2032-03-01T02:00:00Z", 3600],
  ])("%s at %s", (text, instant, offsetS) => {
    const rule = parseZoneRule(text);
    expect(rule && offsetByRule(rule, at(instant))).toBe(offsetS);
  });

  test("text that is no rule is no rule", () => {
    for (const text of ["", "CET", "CET-1CEST,M3", "garbage,1,2"]) expect(parseZoneRule(text)).toBeUndefined();
  });
});

describe("this process's zone", () => {
  test("is UTC for an empty or unknown TZ, as in Go", () => {
    for (const TZ of ["", "UTC", ":UTC", "No/Such_Zone", "/no/such/file"]) expect(localZone({ TZ })).toBe(utc);
  });

  // The C library reads the same zone files, so `date` is an independent witness.
  test.runIf(existsSync("/usr/share/zoneinfo/Europe/Berlin"))("agrees with the system's `date`", () => {
    const zones = [
      "Europe/Berlin",
      "America/New_York",
      "Asia/Kolkata",
      "Australia/Lord_Howe",
      "Africa/Casablanca",
      "Pacific/Apia",
    ];
    const instants = [
      "1901-12-14T00:00:00Z",
      "1945-06-01T12:00:00Z",
      "1999-07-01T00:00:00Z",
      "2024-03-31T01:00:00Z",
      "2050-08-01T00:00:00Z",
    ];
    for (const TZ of zones) {
      const zone = localZone({ TZ });
      for (const instant of instants) {
        const text = execFileSync("date", ["-d", `@${at(instant)}`, "+%::z"], {
          encoding: "utf8",
          env: { ...process.env, TZ },
        });
        const [, sign, h, m, s] = /([+-])(\d+):(\d+):(\d+)/.exec(text)!;
        const seconds = Number(h) * 3600 + Number(m) * 60 + Number(s);
        expect(zone.offsetAtS(at(instant)), `${TZ} at ${instant}`).toBe(sign === "-" ? -seconds : seconds);
      }
    }
  });
});
