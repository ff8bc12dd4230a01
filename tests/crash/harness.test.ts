import type { FileHandle, FileType, Storage } from "@holdfast/storage";
import { expect, test } from "vitest";
import { crashEverywhere, type CampaignOptions } from "./campaign.ts";
import { suiteSeed } from "../model/suite.ts";
import { scenarios } from "./scenarios.ts";

/** Acknowledges files of one type at once and stores them only after the next of another type. */
function storedLate(late: FileType, after: FileType): (storage: Storage) => Storage {
  const waiting: { file: FileHandle; bytes: Uint8Array }[] = [];
  return (storage) => ({
    ...passedOn(storage),
    async write(file, body, signal) {
      if (file.type === late && body instanceof Uint8Array) {
        waiting.push({ file, bytes: body.slice() });
        return;
      }
      await storage.write(file, body, signal);
      if (file.type === after)
        for (const { file: first, bytes } of waiting.splice(0)) await storage.write(first, bytes);
    },
  });
}

/** Acknowledges removals of one type at once and does them only after one of another type. */
function removedLate(late: FileType, after: FileType): (storage: Storage) => Storage {
  const waiting: FileHandle[] = [];
  return (storage) => ({
    ...passedOn(storage),
    async remove(file, signal) {
      if (file.type === late) return void waiting.push(file);
      await storage.remove(file, signal);
      if (file.type === after) for (const first of waiting.splice(0)) await storage.remove(first);
    },
  });
}

function passedOn(storage: Storage): Storage {
  return {
    location: storage.location,
    properties: storage.properties,
    create: (signal) => storage.create(signal),
    stat: (file, signal) => storage.stat(file, signal),
    read: (file, range, signal) => storage.read(file, range, signal),
    stream: (file, range, signal) => storage.stream(file, range, signal),
    write: (file, body, signal) => storage.write(file, body, signal),
    remove: (file, signal) => storage.remove(file, signal),
    list: (type, signal) => storage.list(type, signal),
    close: () => storage.close(),
  };
}

interface Wrong {
  readonly verb?: string;
  readonly what: string;
  readonly options: CampaignOptions;
  /** What it must break somewhere. */
  readonly breaks: readonly string[];
}

const wrongs: readonly Wrong[] = [
  {
    what: "packs are stored after the index that names them",
    options: { wrapStorage: storedLate("pack", "index") },
    breaks: ["I1"],
  },
  {
    what: "the index is stored after the snapshot",
    options: { wrapStorage: storedLate("index", "snapshot") },
    breaks: ["I1"],
  },
  {
    verb: "prune",
    what: "packs are removed before the index that names them",
    options: { wrapStorage: removedLate("index", "pack") },
    breaks: ["I1"],
  },
  { what: "content is never synced", options: { ignoresSync: "files" }, breaks: ["I1"] },
  { what: "names are never synced", options: { ignoresSync: "directories" }, breaks: ["I1", "I2"] },
  { what: "nothing is ever synced", options: { ignoresSync: "all" }, breaks: ["I1", "I2"] },
];

test.each(wrongs)("the harness finds out when $what", async ({ verb = "backup of changes", options, breaks }) => {
  const scenario = scenarios(suiteSeed).find(({ name }) => name === verb)!;
  const { violations } = await crashEverywhere(scenario, suiteSeed, { ...options, mixtures: 1, collects: true });
  const broken = new Set(violations.map(({ invariant }) => invariant));
  expect([...broken]).toEqual(expect.arrayContaining([...breaks]));
});
