import { blobBytesMax, type BlobType } from "../blob.ts";
import { sealOverheadBytes } from "../crypto/seal.ts";
import type { PackId } from "../id.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import { JsonScanner } from "../json/json-scanner.ts";

const uint32Max = 2 ** 32 - 1;

/** Blobs after which restic ends an index file; an interrupted backup loses no more than this many from view. */
export const indexBlobsTarget = 50_000;

/** What an index file says about one blob. The same object is used for every call: copy what is to stay. */
export interface IndexedBlob {
  /** 32 raw bytes. */
  readonly id: Uint8Array;
  type: BlobType;
  offset: number;
  length: number;
  uncompressedLength: number;
}

/** Receives an index file as it is read: each pack, then its blobs. */
export interface IndexVisitor {
  /** @param id 32 raw bytes, valid during the call */
  pack(id: Uint8Array): void;
  blob(blob: IndexedBlob): void;
  packEnd(): void;
}

/**
 * Reads an index file without making an object for each blob. Unknown keys are passed over.
 * @throws Error at the first thing that is not an index of this repository version
 */
export function parseIndexFile(json: Uint8Array, version: 1 | 2, visitor: IndexVisitor): void {
  const scanner = new JsonScanner(Buffer.from(json.buffer, json.byteOffset, json.byteLength));
  scanner.object((key) => {
    if (key === "packs") scanner.array(() => parsePack(scanner, version, visitor));
    else scanner.skip();
  });
  scanner.expectEnd();
}

function parsePack(scanner: JsonScanner, version: 1 | 2, visitor: IndexVisitor): void {
  const packId = new Uint8Array(32);
  const blob = { id: new Uint8Array(32), type: "data" as BlobType, offset: 0, length: 0, uncompressedLength: 0 };
  let hasId = false;
  let blobsAt: number | undefined;
  const parseBlobs = () =>
    scanner.array(() => {
      parseBlob(scanner, version, blob);
      visitor.blob(blob);
    });
  scanner.object((key) => {
    if (key === "id") {
      scanner.hexInto(packId);
      visitor.pack(packId);
      hasId = true;
    } else if (key === "blobs" && hasId) parseBlobs();
    else if (key === "blobs") blobsAt = scanner.skip().start;
    else scanner.skip();
  });
  if (!hasId) throw new Error("a pack has no id");
  if (blobsAt !== undefined) {
    const end = scanner.at; // the blobs stood before the id that they belong to
    scanner.at = blobsAt;
    parseBlobs();
    scanner.at = end;
  }
  visitor.packEnd();
}

function parseBlob(scanner: JsonScanner, version: 1 | 2, blob: IndexedBlob): void {
  let seen = 0;
  blob.uncompressedLength = 0;
  scanner.object((key) => {
    if (key === "id") {
      scanner.hexInto(blob.id);
      seen |= 1;
    } else if (key === "type") {
      const type = scanner.string();
      if (type !== "data" && type !== "tree") throw new Error("a blob is neither data nor tree");
      blob.type = type;
      seen |= 2;
    } else if (key === "offset") {
      blob.offset = scanner.wholeNumber();
      seen |= 4;
    } else if (key === "length") {
      blob.length = scanner.wholeNumber();
      seen |= 8;
    } else if (key === "uncompressed_length") blob.uncompressedLength = scanner.wholeNumber();
    else scanner.skip();
  });
  if (seen !== 15) throw new Error("a blob lacks its id, type, offset or length");
  const plainBytes = Math.max(blob.length - sealOverheadBytes, blob.uncompressedLength);
  if (blob.length < sealOverheadBytes || blob.offset > uint32Max || plainBytes > blobBytesMax[blob.type])
    throw new Error("a blob's length or offset is impossible");
  if (version === 1 && blob.uncompressedLength !== 0) throw new Error("a compressed blob in a version 1 repository");
}

/**
 * An index file that names these packs, in restic's key order and with the line feed its encoder leaves.
 * Each pack must be complete: one spread over two entries counts as damage.
 */
export function serialiseIndexFile(packs: Iterable<{ id: PackId; blobs: readonly PackedBlob[] }>): Uint8Array {
  const named = [...packs];
  const blobCount = named.reduce((sum, { blobs }) => sum + blobs.length, 0);
  // Written straight into its memory: as texts that are joined, the file would be in memory several times.
  const json = Buffer.allocUnsafe(blobCount * blobTextMax + named.length * packTextMax + frameTextMax);
  let at = json.write('{"packs":[', 0, "latin1");
  for (const [number, { id, blobs }] of named.entries()) {
    at += json.write(`${number === 0 ? "" : ","}{"id":"${id}","blobs":[`, at, "latin1");
    for (const [place, blob] of blobs.entries()) {
      const uncompressed = blob.uncompressedLength === 0 ? "" : `,"uncompressed_length":${blob.uncompressedLength}`;
      const text = `{"id":"${blob.id}","type":"${blob.type}","offset":${blob.offset},"length":${blob.length}${uncompressed}}`;
      at += json.write(place === 0 ? text : `,${text}`, at, "latin1");
    }
    at += json.write("]}", at, "latin1");
  }
  at += json.write("]}\n", at, "latin1");
  return json.subarray(0, at);
}

/** The most that a blob, a pack without its blobs, and the rest take: ids of 64 digits, numbers of at most 10. */
const blobTextMax = 170;
const packTextMax = 90;
const frameTextMax = 20;
