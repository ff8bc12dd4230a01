import { dayMs, hourMs } from "@holdfast/base";
import { crashDisk, manualClock } from "@holdfast/testkit";
import { expect, test } from "vitest";
import type { FileHandle } from "../storage.ts";
import { localStorage } from "./local-storage.ts";

const names = { old: "ab".repeat(32), fresh: "ac".repeat(32), stays: "ad".repeat(32) };
const pack = (name: string): FileHandle => ({ type: "pack", name });

/** A repository with two temporary files in it, one of them from the day before yesterday. */
async function leftBehind() {
  const clock = manualClock();
  const disk = crashDisk({ nowMs: clock.nowMs });
  const storage = localStorage("/repository", { disk, clock });
  await storage.create();
  await storage.write({ type: "config", name: "" }, new Uint8Array(1));
  for (const name of [names.stays, names.old]) await storage.write(pack(name), new Uint8Array(1));
  const paths = {
    old: `/repository/data/ab/${names.old}-tmp-0123456789abcdef`,
    fresh: `/repository/data/ac/${names.fresh}-tmp-123456789`, // restic names them with decimal digits
    foreign: `/repository/data/ab/notes-tmp-1`,
  };
  for (const path of [paths.old, paths.foreign]) await disk.createFile(path);
  clock.advanceMs(2 * dayMs);
  await disk.createFile(paths.fresh);
  clock.advanceMs(hourMs);
  const isThere = (path: string) => disk.entry(path).then(() => true, () => false); // prettier-ignore
  return { storage, paths, isThere, clock };
}

test("what killed writers left goes when a listing came by it and something is removed, once it is a day old", async () => {
  const { storage, paths, isThere, clock } = await leftBehind();
  await storage.remove(pack(names.old)); // nobody has looked around yet
  expect(await isThere(paths.old)).toBe(true);
  expect(await Array.fromAsync(storage.list("pack"))).toEqual([{ name: names.stays, sizeBytes: 1 }]);
  await storage.remove(pack(names.old));
  expect(await Promise.all([paths.old, paths.fresh, paths.foreign].map(isThere))).toEqual([false, true, true]);
  clock.advanceMs(dayMs);
  await Array.fromAsync(storage.list("pack"));
  await storage.remove(pack(names.old));
  expect(await isThere(paths.fresh)).toBe(false);
  expect(await Array.fromAsync(storage.list("pack"))).toHaveLength(1);
});

test("who only takes and gives back a lock removes nothing else", async () => {
  const { storage, paths, isThere } = await leftBehind();
  await Array.fromAsync(storage.list("pack"));
  await storage.remove({ type: "lock", name: names.old });
  expect(await isThere(paths.old)).toBe(true);
});
