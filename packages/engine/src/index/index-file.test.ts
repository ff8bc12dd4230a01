import { fromHex } from "@holdfast/base";
import { idFromBytes } from "../id.ts";
import { seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import type { PackedBlob } from "../pack/pack-header.ts";
import { serialiseIndexFile } from "./index-file.ts";
import { RepositoryIndex } from "./repository-index.ts";

const random = seededRandom("index file");
const newId = () => idFromBytes(random.bytes(32));

function packOf(
  lengths: readonly number[],
  type: "data" | "tree" = "data",
): { id: PackedBlob["id"]; blobs: PackedBlob[] } {
  let offset = 0;
  const blobs = lengths.map((length, position) => {
    const blob = { type, id: newId(), offset, length, uncompressedLength: position % 2 === 0 ? 0 : length * 3 };
    offset += length;
    return blob;
  });
  return { id: newId(), blobs };
}

function indexOf(...files: (Uint8Array | string)[]): RepositoryIndex {
  const index = new RepositoryIndex();
  for (const file of files) index.addIndexFile(Buffer.from(file), 2);
  return index;
}

test("an index file reads back as it was written", () => {
  const packs = [packOf([100, 200, 300]), packOf([50], "tree"), packOf([40, 41])];
  const index = indexOf(serialiseIndexFile(packs));
  expect([...index.packs()]).toEqual(packs);
  const [first] = packs;
  expect(index.places("data", first!.blobs[1]!.id)).toEqual([
    { packId: first!.id, offset: 100, length: 200, uncompressedLength: 600 },
  ]);
  expect(index.plainLength("data", first!.blobs[0]!.id)).toBe(68);
  expect(index.plainLength("data", first!.blobs[1]!.id)).toBe(600);
  expect(index.has("tree", first!.blobs[0]!.id)).toBe(false); // the same id may exist as both, and need not
  expect(index.plainLength("data", newId())).toBeUndefined();
});

test("the JSON is restic's to the byte", () => {
  const pack = packOf([100, 200]);
  const [raw, packed] = pack.blobs;
  expect(Buffer.from(serialiseIndexFile([pack])).toString()).toBe(
    `{"packs":[{"id":"${pack.id}","blobs":[{"id":"${raw!.id}","type":"data","offset":0,"length":100},` +
      `{"id":"${packed!.id}","type":"data","offset":100,"length":200,"uncompressed_length":600}]}]}\n`,
  );
});

test("keys of other programs and other spacing are passed over", () => {
  const [pack, blob] = [newId(), newId()];
  const index = indexOf(
    `{ "supersedes": ["${newId()}"], "packs_to_delete": [{"id":"${newId()}","x":[1,-2.5e3,null,true,{"a":"\\u00e9"}]}],
       "packs": [ {"size": 12, "id": "${pack}", "time":"2026-01-01T00:00:00Z",
       "blobs": [ {"length": 50, "offset": 0, "type": "tree", "id": "${blob}", "hint": "\\"" } ] } ] }\n`,
  );
  expect(index.places("tree", blob)).toEqual([{ packId: pack, offset: 0, length: 50, uncompressedLength: 0 }]);
});

test("a blob in several packs keeps all its places, and one listed twice keeps one", () => {
  const [first, second, third] = [packOf([100]), packOf([200, 70]), packOf([100])];
  const blob = { ...second.blobs[1]!, id: first.blobs[0]!.id };
  const last = { ...third.blobs[0]!, id: first.blobs[0]!.id };
  const packs = [first, { id: second.id, blobs: [second.blobs[0]!, blob] }, { id: third.id, blobs: [last] }];
  const index = indexOf(serialiseIndexFile(packs), serialiseIndexFile(packs.slice(1)));
  expect(new Set(index.places("data", blob.id).map((place) => place.packId))).toEqual(
    new Set([first.id, second.id, third.id]),
  );
  expect(index.places("data", blob.id)).toHaveLength(3);
  expect([...index.packs()]).toEqual(packs);
  expect(index.repeatedPacks()).toEqual([second.id, third.id]);
  expect(index.splitPacks()).toEqual([]);
});

test("a pack spread over two entries is noticed, in one file or in two", () => {
  const pack = packOf([100, 200]);
  const halves = pack.blobs.map((blob) => ({ id: pack.id, blobs: [blob] }));
  expect(indexOf(serialiseIndexFile(halves)).splitPacks()).toEqual([pack.id]);
  expect(indexOf(...halves.map((half) => serialiseIndexFile([half]))).splitPacks()).toEqual([pack.id]);
  expect(indexOf(serialiseIndexFile([pack]), serialiseIndexFile(halves.slice(0, 1))).splitPacks()).toEqual([pack.id]);
});

describe("refused:", () => {
  const id = newId();
  const blob = (fields: string) => `{"packs":[{"id":"${id}","blobs":[{${fields}}]}]}`;
  const good = `"id":"${id}","type":"data","offset":0,"length":100`;
  test.each([
    ["the format from before 0.2", "[]"],
    ["nothing", ""],
    ["a cut", blob(good).slice(0, -3)],
    ["something behind the end", `${blob(good)}{}`],
    ["a pack without id", '{"packs":[{"blobs":[]}]}'],
    ["a short id", blob(good.replace(id, id.slice(2)))],
    ["an id in capitals", blob(good.replace(id, "AB".repeat(32)))],
    ["a long id", blob(good.replace(id, `${id}00`))],
    ["an unknown type", blob(good.replace('"data"', '"list"'))],
    ["no offset", blob(`"id":"${id}","type":"data","length":100`)],
    ["a negative offset", blob(good.replace('"offset":0', '"offset":-1'))],
    ["a fraction", blob(good.replace('"length":100', '"length":100.5'))],
    ["a length without room for the seal", blob(good.replace("100", "31"))],
    ["a length beyond 32 bits", blob(good.replace("100", "4294967296"))],
    ["a length beyond all bounds", blob(good.replace("100", "1".repeat(400)))],
    ["a number as text", blob(good.replace("100", '"100"'))],
    ["nesting without end", `{"x":${"[".repeat(100_000)}`],
  ])("%s", (_, json) => {
    expect(() => indexOf(json)).toThrow();
  });

  test("a compressed blob in a version 1 repository", () => {
    const json = Buffer.from(blob(`${good},"uncompressed_length":70`));
    expect(() => new RepositoryIndex().addIndexFile(json, 1)).toThrow(/version 1/);
  });
});

test("a pack may name itself after its blobs", () => {
  const [pack, blob] = [newId(), newId()];
  const json = `{"packs":[{"blobs":[{"id":"${blob}","type":"data","offset":0,"length":50}],"id":"${pack}"}]}`;
  expect(indexOf(json).places("data", blob)).toMatchObject([{ packId: pack }]);
});

test("packs without blobs, as Go writes them, are no error", () => {
  const id = newId();
  const index = indexOf(`{"packs":[{"id":"${id}","blobs":null}]}`, '{"packs":null}');
  expect([...index.packs()]).toEqual([{ id, blobs: [] }]);
});

test("a blob takes less than 64 bytes of memory", () => {
  const packs = Array.from({ length: 160 }, () => packOf(Array.from({ length: 1000 }, () => 100)));
  const index = new RepositoryIndex();
  for (const pack of packs) index.addPack(pack.id, pack.blobs);
  expect(index.bytes / index.blobCount("data")).toBeLessThan(64);
});

test("a blob that is only claimed has no place, and is none of any pack's", () => {
  const index = new RepositoryIndex();
  const pack = packOf([100, 200]);
  const [claimed, first] = [newId(), pack.blobs[0]!.id];
  for (const id of [claimed, first]) expect(index.known.claim("data", fromHex(id))).toBe(true);
  expect(index.has("data", claimed)).toBe(false);
  expect(index.places("data", claimed)).toEqual([]);
  index.addPack(pack.id, pack.blobs);
  expect([...index.packs()]).toEqual([pack]);
  expect(index.has("data", first)).toBe(true);
  expect(index.has("data", claimed)).toBe(false);
  expect(index.known.claim("data", fromHex(pack.blobs[1]!.id))).toBe(false);
});
