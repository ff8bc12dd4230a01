import { expect, test } from "vitest";
import type { Id } from "../id.ts";
import { emptySnapshot, type StoredSnapshot } from "../snapshot/snapshot.ts";
import { formatGoTime } from "./go-time.ts";
import { defaultTemplates, snapshotFolders, type SnapshotFolder } from "./snapshot-folders.ts";

const secondNs = 1_000_000_000n;

function snapshot(digit: string, seconds: number, more: Partial<StoredSnapshot> = {}): StoredSnapshot {
  const id = digit.repeat(64) as Id;
  const time = { ns: BigInt(seconds) * secondNs, offsetS: 3600 };
  return { ...emptySnapshot, id, tree: id, time, otherKeys: [], hostname: "alpha", username: "ann", ...more };
}

/** Every path with the first digit of the snapshot that is there. */
function paths(folder: SnapshotFolder, above = ""): string[] {
  const own = folder.snapshot === undefined ? [] : [`${above} ${folder.snapshot.id[0]}`];
  const below = [...folder.children].flatMap(([name, child]) => paths(child, `${above}/${name}`));
  return folder.children.size === 0 && own.length === 0 ? [above] : [...own, ...below].sort();
}

test("snapshots stand by id, time, host and tag, and latest is the newest", () => {
  const snapshots = [snapshot("1", 0, { tags: ["a", "b/c"] }), snapshot("2", 60, { hostname: "beta" })];
  expect(paths(snapshotFolders(snapshots, defaultTemplates))).toEqual([
    "/hosts/alpha/1970-01-01T01:00:00+01:00 1",
    "/hosts/alpha/latest 1",
    "/hosts/beta/1970-01-01T01:01:00+01:00 2",
    "/hosts/beta/latest 2",
    "/ids/11111111 1",
    "/ids/22222222 2",
    "/snapshots/1970-01-01T01:00:00+01:00 1",
    "/snapshots/1970-01-01T01:01:00+01:00 2",
    "/snapshots/latest 2",
    "/tags/a/1970-01-01T01:00:00+01:00 1",
    "/tags/a/latest 1",
    "/tags/b_c/1970-01-01T01:00:00+01:00 1",
    "/tags/b_c/latest 1",
  ]);
});

test("an empty repository has the folders in which snapshots will be", () => {
  expect(paths(snapshotFolders([], defaultTemplates))).toEqual(["/hosts", "/ids", "/snapshots", "/tags"]);
});

test("snapshots of one second are told apart", () => {
  const templates = { paths: ["%T"], time: "2006" };
  const folders = snapshotFolders([snapshot("1", 0), snapshot("2", 1), snapshot("3", 2)], templates);
  expect(paths(folders)).toEqual(["/1970 1", "/1970-1 2", "/1970-2 3", "/latest 3"]);
});

test("what a snapshot says about itself leads nowhere else", () => {
  const templates = { paths: ["hosts/%h/%t/%i"], time: "" };
  const hostile = snapshot("1", 0, { hostname: "../../..", tags: ["..", ".", ""] });
  expect(paths(snapshotFolders([hostile], templates))).toEqual(["/__/11111111 1", "/_/11111111 1", "/hosts"].sort());
});

test("a percent sign that begins nothing stands for what follows it", () => {
  const templates = { paths: ["100%%/%x/%u-%I"], time: "" };
  expect(paths(snapshotFolders([snapshot("1", 0)], templates))).toEqual([`/100%/x/ann-${"1".repeat(64)} 1`]);
});

test.each([
  ["2006-01-02T15:04:05Z07:00", "2024-05-01T08:05:02+05:30"],
  ["2006-01-02_15-04-05", "2024-05-01_08-05-02"],
  ["Mon Jan _2 15:04:05.000 -0700 MST 2006", "Wed May  1 08:05:02.144 +0530 +0530 2024"],
  ["Monday, 2 January 06, 3:4:5 PM", "Wednesday, 1 May 24, 8:5:2 AM"],
  ["20060102T150405.999999999", "20240501T080502.144560725"],
  ["002 03pm Z0700", "122 08am +0530"],
])("the layout %s gives %s", (layout, text) => {
  const time = { ns: 1_714_530_902_144_560_725n, offsetS: 5.5 * 3600 };
  expect(formatGoTime(time, layout)).toBe(text);
});

test("in UTC the zone is a Z or named, and nothing stands for no fraction", () => {
  expect(formatGoTime({ ns: 0n, offsetS: 0 }, "15:04:05.999Z07:00 MST")).toBe("00:00:00Z UTC");
});
