import { describe, expect, test } from "vitest";
import type { Id } from "../id.ts";
import { parseSnapshot, serialiseSnapshot, type Snapshot } from "./snapshot.ts";

const tree = "ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d2523fee8";
const parent = "ab".repeat(32);

/** As restic 0.14.0 writes it, and as 0.19 does. */
const texts = {
  old: `{"time":"2024-05-01T08:25:52.144560725+05:30","tree":"${tree}","paths":["/home/u"],"hostname":"h","username":"root"}`,
  new:
    `{"time":"2024-05-01T08:25:52Z","parent":"${parent}","tree":"${tree}","paths":["/a \\u003cb\\u003e","/b"],"hostname":"h","username":"u",` +
    `"uid":1000,"gid":100,"excludes":["*.o"],"tags":["x","y"],"original":"${parent}","program_version":"restic 0.19.1",` +
    `"summary":{"backup_start":"2024-05-01T08:25:52Z","backup_end":"2024-05-01T08:25:53.5Z","files_new":1,"files_changed":2,` +
    `"files_unmodified":3,"dirs_new":4,"dirs_changed":5,"dirs_unmodified":6,"data_blobs":7,"tree_blobs":8,"data_added":9,` +
    `"data_added_packed":10,"total_files_processed":11,"total_bytes_processed":12}}`,
  rustic:
    `{"time":"2024-05-01T08:25:52Z","tree":"${tree}","paths":["/"],"hostname":"h","summary":{"backup_start":"2024-05-01T08:25:52Z",` +
    `"backup_end":"2024-05-01T08:25:53Z","files_new":0,"files_changed":0,"files_unmodified":0,"dirs_new":0,"dirs_changed":0,` +
    `"dirs_unmodified":0,"data_blobs":0,"tree_blobs":0,"data_added":0,"data_added_packed":0,"total_files_processed":0,` +
    `"total_bytes_processed":0,"command":"rustic backup"},"parents":["${parent}"],"label":"<b>","delete":{"After":12345678901234567890}}`,
};

test.each(Object.entries(texts))("a snapshot of the %s kind reads and writes to the same bytes", (_, text) => {
  expect(Buffer.from(serialiseSnapshot(parseSnapshot(Buffer.from(text)))).toString()).toBe(text);
});

test("what a snapshot says is read", () => {
  expect(parseSnapshot(Buffer.from(texts.new))).toMatchObject({
    time: { ns: 1714551952000000000n, offsetS: 0 },
    parent,
    tree,
    paths: ["/a <b>", "/b"],
    uid: 1000,
    gid: 100,
    excludes: ["*.o"],
    tags: ["x", "y"],
    programVersion: "restic 0.19.1",
    summary: { filesNew: 1, totalBytesProcessed: 12, backupEnd: { ns: 1714551953500000000n } },
  } satisfies Partial<Record<keyof Snapshot, unknown>>);
});

test("nulls stand for nothing, as in Go", () => {
  const text = `{"time":"2024-05-01T08:25:52Z","tree":"${tree as Id}","paths":null,"parent":null,"tags":null,"summary":null}`;
  expect(parseSnapshot(Buffer.from(text))).toMatchObject({
    paths: [],
    tags: [],
    parent: undefined,
    summary: undefined,
  });
});

describe("damaged:", () => {
  const good = texts.old;
  test.each([
    ["nothing", ""],
    ["another document", "[]"],
    ["a cut", good.slice(0, -1)],
    ["something behind it", `${good}{}`],
    ["no tree", good.replace(`"tree":"${tree}",`, "")],
    ["no time", good.replace(/"time":"[^"]*",/, "")],
    ["a tree that is no id", good.replace(tree, "../../etc/passwd")],
    ["a time that is none", good.replace(/"time":"[^"]*"/, '"time":"yesterday"')],
    ["paths that are no list", good.replace('["/home/u"]', '"/home/u"')],
    ["a negative uid", good.replace('"hostname"', '"uid":-1,"hostname"')],
  ])("%s", (_, text) => {
    expect(() => parseSnapshot(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: "ENGINE_SNAPSHOT_DAMAGED", kind: "damaged" }),
    );
  });
});
