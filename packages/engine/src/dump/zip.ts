import { isAscii, isUtf8 } from "node:buffer";
import { Readable, pipeline } from "node:stream";
import { crc32, createDeflateRaw, deflateRawSync } from "node:zlib";
import { concatBytes, MiB } from "@holdfast/base";
import { permissionsOf } from "../tree/mode.ts";
import type { TreeNode } from "../tree/node.ts";
import { archivePath, type ArchiveEntry } from "./archive-entry.ts";
import {
  centralHeader,
  dataDescriptor,
  endOfArchive,
  localHeader,
  type ZipEntry,
  type ZipSizes,
} from "./zip-records.ts";

/** Up to this much is compressed in one go, so that its size stands in front of it and not behind. */
const wholeBytesMax = 4 * MiB;
/** From here on the sizes of an entry need the 64-bit form; a little below 4 GiB, as deflate may make it longer. */
const wideBytesMin = 2 ** 32 - 16 * MiB;

const unixTypes: Partial<Record<TreeNode["type"], number>> = { file: 0o100000, dir: 0o040000, symlink: 0o120000 };

/**
 * A zip, piece by piece: files compressed, symlinks and modes as Info-ZIP keeps them, times in UTC, names marked as UTF-8
 * where they are, and the 64-bit forms where they are needed and nowhere else.
 * @see PKWARE APPNOTE 6.3; Info-ZIP extra fields "UT" and "ux"
 */
export async function* zipArchive(entries: AsyncIterable<ArchiveEntry>): AsyncGenerator<Uint8Array> {
  const central: Buffer[] = [];
  let [at, count, centralBytes] = [0, 0, 0];
  for await (const entry of entries) {
    const described = describe(entry, at);
    let sizes: ZipSizes | undefined;
    for await (const piece of entryPieces(entry, described, (known) => (sizes = known))) {
      at += piece.byteLength;
      yield piece;
    }
    const header = centralHeader(described, sizes!);
    central.push(header);
    centralBytes += header.length;
    count += 1;
  }
  yield* central;
  yield endOfArchive({ count, centralAt: at, centralBytes });
}

function describe({ names, node, sizeBytes }: ArchiveEntry, at: number): ZipEntry {
  const path = archivePath(names, node);
  return {
    path,
    isUtf8: !isAscii(path) && isUtf8(path),
    isDeflated: node.type === "file",
    isStreamed: sizeBytes > wholeBytesMax,
    isWide: sizeBytes >= wideBytesMin,
    unixMode: (unixTypes[node.type] ?? 0) | permissionsOf(node.mode),
    isDirectory: node.type === "dir",
    mtimeNs: node.mtime.ns,
    atimeNs: node.atime.ns,
    uid: node.uid,
    gid: node.gid,
    at,
  };
}

async function* entryPieces(
  entry: ArchiveEntry,
  described: ZipEntry,
  onSizes: (sizes: ZipSizes) => void,
): AsyncGenerator<Uint8Array> {
  if (described.isStreamed) {
    yield localHeader(described, { crc: 0, plain: 0, stored: 0 });
    const sizes = { crc: 0, plain: 0, stored: 0 };
    yield* deflated(entry, sizes);
    onSizes(sizes);
    yield dataDescriptor(described, sizes);
    return;
  }
  const plain = await wholeContent(entry);
  const stored = described.isDeflated ? deflateRawSync(plain, { chunkSize: deflatedBytesMax(plain) }) : plain;
  const sizes = { crc: crc32(plain), plain: plain.byteLength, stored: stored.byteLength };
  onSizes(sizes);
  yield localHeader(described, sizes);
  yield stored;
}

/** The content of a large file as it is compressed; `sizes` is complete when it ends. */
async function* deflated(entry: ArchiveEntry, sizes: { crc: number; plain: number; stored: number }) {
  const counted = async function* () {
    for await (const chunk of entry.content()) {
      sizes.crc = crc32(chunk, sizes.crc);
      sizes.plain += chunk.byteLength;
      yield chunk;
    }
  };
  const deflate = createDeflateRaw();
  pipeline(Readable.from(counted()), deflate, () => {}); // a failure ends the iteration below with it
  for await (const piece of deflate as AsyncIterable<Buffer>) {
    sizes.stored += piece.byteLength;
    yield piece;
  }
}

/** What deflate makes of bytes at worst: in one piece of that size nothing is copied, and nothing is left over for long. */
function deflatedBytesMax(plain: Uint8Array): number {
  return plain.byteLength + 5 * Math.ceil(plain.byteLength / 16_000) + 64;
}

async function wholeContent(entry: ArchiveEntry): Promise<Uint8Array> {
  // A symlink is a file that holds its target.
  return entry.node.type === "symlink" ? entry.node.linkTarget : concatBytes(await Array.fromAsync(entry.content()));
}
