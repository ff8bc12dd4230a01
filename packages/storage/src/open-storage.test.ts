import { join } from "node:path";
import { silentLog, systemClock, systemRandom, type Log } from "@holdfast/base";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { storageErrors } from "./errors.ts";
import { newStorageCounters } from "./metered.ts";
import { openStorage } from "./open-storage.ts";

const warnings: string[] = [];
const log: Log = { ...silentLog, warn: (message, fields) => warnings.push(`${message} ${JSON.stringify(fields)}`) };
const parts = { clock: systemClock, random: systemRandom, log };

test("a path opens a local storage, whose traffic is counted", async () => {
  const root = join(await temporaryDirectory(), "repository");
  const counters = newStorageCounters();
  const storage = await openStorage(`local:${root}`, { ...parts, counters });
  await storage.create();
  await storage.write({ type: "config", name: "" }, new Uint8Array(7));
  expect([storage.location, counters.writtenBytes]).toEqual([root, 7]);
});

test("a rest address opens without contacting anybody, and shows no secret", async () => {
  const storage = await openStorage("rest:https://user:hunter2@gateway.example/acme", parts);
  expect(storage.location).toBe("rest:https://gateway.example/acme/");
  await storage.close();
});

test("a password that would cross the network in the clear is warned about, except on this machine", async () => {
  warnings.length = 0;
  for (const host of ["127.0.0.1:8000", "localhost", "[::1]:80"])
    await openStorage(`rest:http://u:hunter2@${host}/`, parts);
  await openStorage("rest:http://gateway.example/", parts);
  expect(warnings).toEqual([]);
  await openStorage("rest:http://gateway.example/", { ...parts, password: "hunter2" });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).not.toContain("hunter2");
});

test("nothing opens at an address that is none", async () => {
  await expect(openStorage("ftp://example/", parts)).rejects.toMatchObject({ code: storageErrors.badAddress.code });
});
