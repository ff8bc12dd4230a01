import { toHex } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import type { Id } from "../id.ts";
import { IdTable } from "./id-table.ts";
import { SharedIdSet } from "./shared-id-set.ts";

test("ids are numbered as they come, found again, and nothing else is (seed 3)", () => {
  const random = seededRandom(3);
  const table = new IdTable();
  const known = new Map<Id, number>();
  for (let round = 0; round < 40_000; round += 1) {
    const bytes = random.bytes(32);
    if (round % 3 === 0) bytes.fill(round % 256, 0, 31); // much alike, with equal beginnings
    const id = toHex(bytes) as Id;
    const number = round % 2 === 0 ? table.add(id) : table.addBytes(bytes);
    expect(number).toBe(known.get(id) ?? known.size);
    known.set(id, number);
  }
  expect(table.size).toBe(known.size);
  for (const [id, number] of known) {
    expect(table.find(id)).toBe(number);
    expect(table.at(number)).toBe(id);
  }
  for (let round = 0; round < 1000; round += 1) expect(table.find(toHex(random.bytes(32)) as Id)).toBe(-1);
});

test("an id that differs in its last bit only is another one", () => {
  const table = new IdTable();
  const id = "ab".repeat(32) as Id;
  table.add(id);
  expect(table.find(`${"ab".repeat(31)}aa` as Id)).toBe(-1);
});

test("raw bytes may stand anywhere in a larger array", () => {
  const table = new IdTable();
  const bytes = seededRandom(4).bytes(100);
  table.addBytes(bytes, 13);
  expect(table.find(toHex(bytes.subarray(13, 45)) as Id)).toBe(0);
});

test("ids that somebody made up to begin alike are refused before finding one takes for ever", () => {
  for (const table of [new IdTable(), SharedIdSet.create()]) {
    const forge = () => {
      for (let at = 0; at < 100_000; at += 1) table.add(at.toString(16).padStart(64, "0") as Id);
    };
    expect(forge).toThrow(expect.objectContaining({ code: "ENGINE_FORGED_IDS" }));
    expect(table.size).toBeLessThan(10_000);
  }
});
