import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { idFromBytes, Repository, type PackedBlob } from "@holdfast/engine";
import { localStorage } from "@holdfast/storage";
import { Keystream } from "./keystream.ts";

/** Cheap to open, so that what is measured is not the work that a password is meant to cost. */
const kdf = { N: 2, r: 1, p: 1 };
const blobsPerIndex = 50_000;
const blobsPerPack = 1000;
/** One blob in so many is a tree. */
const treeShare = 20;

export const indexBenchPassword = "bench";

/**
 * A repository whose index names `blobs` blobs in packs that are not there: what loading an index costs does not depend
 * on them. The index files are as a backup writes them.
 */
export async function writeIndexRepository(folder: string, blobs: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const context = { clock: systemClock, random: systemRandom, log: silentLog };
  const about = { password: indexBenchPassword, hostname: "bench", username: "bench", kdf };
  const repository = await Repository.init(localStorage(join(folder, "repository")), about, context);
  const stream = new Keystream(`index of ${blobs}`);
  for (let written = 0; written < blobs; written += blobsPerIndex) {
    const count = Math.min(blobsPerIndex, blobs - written);
    const packs = Array.from({ length: Math.ceil(count / blobsPerPack) }, (_, number) => {
      const type = number % treeShare === 0 ? "tree" : "data";
      return packOf(stream, type, Math.min(blobsPerPack, count - number * blobsPerPack));
    });
    await repository.saveIndex(packs);
  }
}

function packOf(stream: Keystream, type: "data" | "tree", count: number) {
  const ids = stream.bytes(32 * (count + 1));
  let offset = 0;
  const blobs = Array.from({ length: count }, (_, number): PackedBlob => {
    const length = 100 + stream.below(2 ** 16);
    const blob = { type, id: idFromBytes(ids.subarray(number * 32, number * 32 + 32)), offset, length } as const;
    offset += length;
    return { ...blob, uncompressedLength: length * 2 };
  });
  return { id: idFromBytes(ids.subarray(count * 32)), blobs };
}
