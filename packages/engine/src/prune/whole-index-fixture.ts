import { blobTypes, type BlobType } from "../blob.ts";
import { idOf, type Id } from "../id.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import type { WholeIndex } from "../repository/whole-index.ts";

/** A blob as a test writes it: its name, its bytes in the pack, and whether it is compressed. */
export interface PlainBlob {
  readonly type: BlobType;
  readonly name: string;
  readonly length: number;
  readonly isCompressed: boolean;
}

/** "a100" is data, "T50" a tree, a "!" behind it one without compression. */
function parseBlob(text: string): PlainBlob {
  const [, name = "", length = "", plain = ""] = /^(\w)(\d+)(!?)$/.exec(text)!;
  const type = name === name.toUpperCase() ? "tree" : "data";
  return { type, name, length: Number(length), isCompressed: plain === "" };
}

/** An index of packs by name, each a line of blobs: `{ p: "a100 b200!", q: "T50" }`. */
export function wholeIndexOf(packs: Readonly<Record<string, string>>): WholeIndex & { blob(name: string): number } {
  const entries = Object.entries(packs).map(([name, line]) => {
    let offset = 0;
    const blobs = line.split(" ").map((text): PackedBlob => {
      const { type, name: blob, length, isCompressed } = parseBlob(text);
      offset += length;
      const uncompressedLength = isCompressed ? length * 2 : 0;
      return { type, id: idOf(Buffer.from(blob)), offset: offset - length, length, uncompressedLength };
    });
    return { id: idOf(Buffer.from(name)), blobs };
  });
  const ids: Record<BlobType, Id[]> = { data: [], tree: [] };
  const places: Record<BlobType, { pack: number; blob: PackedBlob }[]> = { data: [], tree: [] };
  for (const [pack, { blobs }] of entries.entries()) {
    for (const blob of blobs) {
      if (!ids[blob.type].includes(blob.id)) ids[blob.type].push(blob.id);
      places[blob.type].push({ pack, blob });
    }
  }
  const blobNumber = (type: BlobType, id: Id) => ids[type].indexOf(id);
  return {
    packCount: entries.length,
    packId: (pack) => entries[pack]!.id,
    packNumber: (id) => entries.findIndex((entry) => entry.id === id),
    blobCount: (type) => ids[type].length,
    blobNumber,
    blobNumberOf: (type, id) => blobNumber(type, Buffer.from(id).toString("hex") as Id),
    blobId: (type, blob) => ids[type][blob]!,
    placeCount: (type) => places[type].length,
    placeInto(type, at, into) {
      const { pack, blob } = places[type][at]!;
      const { offset, length, uncompressedLength } = blob;
      Object.assign(into, { blob: blobNumber(type, blob.id), pack, offset, length, uncompressedLength });
    },
    files: new Map(),
    *packs(isWanted = () => true) {
      for (const [pack, entry] of entries.entries()) if (isWanted(pack)) yield entry;
    },
    blob: (name) => Math.max(...blobTypes.map((type) => blobNumber(type, idOf(Buffer.from(name))))),
  };
}
