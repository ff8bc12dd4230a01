import { memoryStorage, type FileHandle } from "@holdfast/storage";
import { expect, test } from "vitest";
import { storageConformance } from "../storage-conformance.ts";
import { emptyImage, imageFiles, type DiskImage } from "./disk-image.ts";
import { loggedStorage } from "./storage-log.ts";

storageConformance("a logged storage", async () => loggedStorage(memoryStorage(), "r", emptyImage));

const pack: FileHandle = { type: "pack", name: "ab".repeat(32) };
const index: FileHandle = { type: "index", name: "cd".repeat(32) };
const paths = (image: DiskImage) => [...imageFiles(image)].map(({ path }) => path.slice(0, 12));

test("every moment can be made again, with each subset of what was under way", async () => {
  const storage = loggedStorage(memoryStorage(), "r", emptyImage);
  await Promise.all([storage.write(pack, Buffer.from("x")), storage.write(index, Buffer.from("y"))]);
  await storage.remove(pack);
  expect(storage.events).toBe(6);
  const [data, ofIndex] = ["/r/data/ab/a", "/r/index/cdc"];
  const statesAfter = (events: number) => storage.statesAfter(events, 16).map(paths);
  expect(statesAfter(0)).toEqual([[]]);
  expect(statesAfter(1)).toEqual([[], [data]]);
  expect(statesAfter(2)).toEqual([[], [data], [ofIndex], [data, ofIndex]]);
  expect(statesAfter(4)).toEqual([[data, ofIndex]]);
  expect(statesAfter(6)).toEqual([[ofIndex]]);
  expect(storage.statesAfter(2, 3)).toHaveLength(3);
});
