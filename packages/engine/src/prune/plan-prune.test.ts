import { describe, expect, test } from "vitest";
import { idOf } from "../id.ts";
import { BlobMarks } from "./blob-marks.ts";
import { planPrune } from "./plan-prune.ts";
import type { PlanOptions } from "./prune-plan.ts";
import { wholeIndexOf } from "./whole-index-fixture.ts";

interface Case {
  readonly packs: Readonly<Record<string, string>>;
  /** One letter a blob. */
  readonly used: string;
  readonly options?: PlanOptions;
  readonly version?: 1 | 2;
  /** Differing from what the blobs add up to; -1 is a pack that is gone. */
  readonly sizes?: Readonly<Record<string, number>>;
}

const headerBytes = (line: string) =>
  36 + line.split(" ").reduce((sum, blob) => sum + (blob.endsWith("!") ? 37 : 41), 0);
const sizeOf = (line: string) => headerBytes(line) + line.match(/\d+/g)!.reduce((sum, bytes) => sum + Number(bytes), 0);

/** What becomes of each pack: names in the plan's own order. */
function planned({ packs, used, options = {}, version = 2, sizes = {} }: Case) {
  const index = wholeIndexOf(packs);
  const marks = new BlobMarks();
  for (const name of used) marks.mark(name === name.toUpperCase() ? "tree" : "data", index.blob(name));
  const listed = Object.entries(packs).map(([name, line]) => sizes[name] ?? sizeOf(line));
  const listing = { sizes: Float64Array.from(listed), unindexed: [] };
  const plan = planPrune({ index, marks, listing, version, packBytesTarget: 1 }, options);
  const nameOf = (id: string) => Object.keys(packs).find((name) => idOf(Buffer.from(name)) === id)!;
  return {
    repack: plan.repack.map(nameOf).join(""),
    remove: plan.remove.map(nameOf).join(""),
    missing: plan.missing.map(nameOf).join(""),
    statistics: plan.statistics,
  };
}

const none = { kind: "bytes", bytes: 0 } as const;
const unlimited = { kind: "unlimited" } as const;

test("a pack without used blobs goes, a full one stays, and one in between is emptied", () => {
  const packs = { p: "a100 b100", q: "c100 d100", r: "e100 f100" };
  expect(planned({ packs, used: "abc", options: { maxUnused: none } })).toMatchObject({ repack: "q", remove: "r" });
});

test("unused bytes may stay up to a share of what is then stored, 5 percent at first", () => {
  const packs = { p: "a1000 b40", q: "c1000 d40", r: "e1000 f40" };
  // 3000 used bytes and 5 percent of the whole are 157 bytes; there are 120.
  expect(planned({ packs, used: "ace" })).toMatchObject({ repack: "" });
  const percent = (share: number) => ({ maxUnused: { kind: "percent", percent: share } }) as const;
  expect(planned({ packs, used: "ace", options: percent(3) }).repack).toHaveLength(1); // 92 bytes
  expect(planned({ packs, used: "ace", options: percent(2) }).repack).toHaveLength(2); // 61
  expect(planned({ packs, used: "ace", options: percent(0) }).repack).toHaveLength(3);
});

test("what gives the most for the least is emptied first, listings before contents", () => {
  const packs = { p: "a900 b100", q: "c100 d900", r: "T900 U100", s: "e500 f500" };
  expect(planned({ packs, used: "acTe", options: { maxUnused: none } }).repack).toBe("rqsp");
});

test("no more is emptied than was allowed", () => {
  const packs = { p: "a500 b500", q: "c500 d500", r: "e500 f500" };
  const size = sizeOf(packs.p);
  const repackOf = (maxRepackBytes: number) =>
    planned({ packs, used: "ace", options: { maxUnused: none, maxRepackBytes } }).repack.length;
  expect([0, size, size + 1, 2 * size + 1].map(repackOf)).toEqual([0, 0, 1, 2]);
});

test("with --max-unused unlimited only listings and mixed packs are emptied", () => {
  const packs = { p: "a500 b500", q: "T500 U500", r: "c500 V500" };
  expect(planned({ packs, used: "aTcV", options: { maxUnused: unlimited } }).repack).toBe("qr");
});

test("with --repack-cacheable-only packs of contents stay as they are", () => {
  const packs = { p: "a500 b500", q: "T500 U500" };
  const options = { maxUnused: none, repackCacheableOnly: true };
  expect(planned({ packs, used: "aT", options }).repack).toBe("q");
});

test("listings without compression are always emptied in version 2, contents when asked for", () => {
  const packs = { p: "a500!", q: "T500!", r: "U500", s: "b500" };
  const used = "aTUb";
  expect(planned({ packs, used, options: { maxUnused: unlimited } }).repack).toBe("q");
  const options = { maxUnused: unlimited, repackUncompressed: true };
  expect(planned({ packs, used, options }).repack).toBe("qp");
  expect(planned({ packs, used, options: { maxUnused: unlimited }, version: 1 }).repack).toBe("");
  expect(planned({ packs, used, options }).statistics.bytes.uncompressed).toBe(0);
});

test("small packs are put together when there are ten of them", () => {
  const small = (count: number) => {
    const names = "abcdefghijklmn".slice(0, count).split("");
    return { packs: Object.fromEntries(names.map((name) => [name, `${name}100`])), used: names.join("") };
  };
  const options = { repackSmallerThanBytes: 1000 };
  expect(planned({ ...small(9), options }).repack).toBe("");
  expect(planned({ ...small(10), options }).repack).toHaveLength(10);
  expect(planned(small(10)).repack).toBe(""); // none is smaller than the others
});

describe("of a blob in several packs", () => {
  test("one copy stays, where there are other used ones", () => {
    const packs = { p: "a100 x100", q: "a100 b100", r: "a100 y100" };
    expect(planned({ packs, used: "ab", options: { maxUnused: none } })).toMatchObject({ repack: "", remove: "pr" });
  });

  test("the copies that an interrupted prune wrote stay, and what they were copied from goes", () => {
    const packs = { p: "a100 x100", q: "b100 y100", r: "a100 b100" };
    expect(planned({ packs, used: "ab", options: { maxUnused: none } })).toMatchObject({ repack: "", remove: "pq" });
  });

  test("the last one stays when all lie among unused ones", () => {
    const packs = { p: "a100 x100", q: "a100 y100", r: "a100 z100" };
    const { repack, remove, statistics } = planned({ packs, used: "a", options: { maxUnused: none } });
    expect({ repack, remove }).toEqual({ repack: "r", remove: "pq" });
    expect(statistics.blobs).toMatchObject({
      used: 1,
      duplicate: 2,
      unused: 3,
      total: 6,
      removeTotal: 5,
      remaining: 1,
    });
  });

  test("a copy in a pack that is gone counts for nothing", () => {
    const packs = { p: "a100 b100", q: "a100 x100", r: "b100" };
    const options = { maxUnused: unlimited };
    expect(planned({ packs, used: "ab", options, sizes: { p: -1 } })).toMatchObject({ repack: "", missing: "p" });
  });
});

describe("refused:", () => {
  const packs = { p: "a100 b100", q: "c100" };
  test.each([
    ["a needed pack is gone", { packs, used: "a", sizes: { p: -1 } }],
    ["a needed pack is longer than its blobs", { packs, used: "ac", sizes: { q: sizeOf(packs.q) + 1 } }],
    ["a needed pack is cut short", { packs, used: "ac", sizes: { q: 0 } }],
  ])("%s", (_, given: Case) => {
    expect(() => planned(given)).toThrow(expect.objectContaining({ code: "ENGINE_PRUNE_REFUSED" }));
  });

  test("not when nobody needs it", () => {
    expect(planned({ packs, used: "a", sizes: { q: 7 }, options: { maxUnused: unlimited } })).toMatchObject({
      remove: "q",
    });
  });
});

test("the statistics add up", () => {
  const packs = { p: "a100 b200", q: "c100 d900", r: "e300" };
  const { statistics } = planned({ packs, used: "abc", options: { maxUnused: none } });
  expect(statistics.blobs).toEqual({
    used: 3,
    duplicate: 0,
    unused: 2,
    total: 5,
    repack: 2,
    repackRemove: 1,
    remove: 1,
    removeTotal: 2,
    remaining: 3,
  });
  expect(statistics.bytes).toMatchObject({
    used: 400,
    unused: 1200,
    removeTotal: 1200,
    remaining: 400,
    remainingUnused: 0,
  });
  expect(statistics.packs).toMatchObject({
    used: 1,
    partlyUsed: 1,
    unused: 1,
    total: 3,
    keep: 1,
    repack: 1,
    remove: 1,
  });
});
