import { isAscii, isUtf8 } from "node:buffer";
import { permissionsOf } from "../tree/mode.ts";
import type { TreeNode } from "../tree/node.ts";
import { archivePath, type ArchiveEntry } from "./archive-entry.ts";
import { attributeRecords, encodePaxRecords, paxTime, type PaxRecords } from "./pax-records.ts";

const blockBytes = 512;
const nameBytes = 100;
const nsPerSecond = 1_000_000_000n;
const typeFlags = { file: "0", symlink: "2", dir: "5", pax: "x" } as const;

/** The fields of a header; what does not fit has to be in a PAX record before it. */
interface TarHeader {
  readonly path: Buffer;
  readonly type: keyof typeof typeFlags;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeS: bigint;
  readonly linkTarget: Buffer;
  readonly user: Buffer;
  readonly group: Buffer;
}

/**
 * A tar in the POSIX (PAX) format, piece by piece: times to the nanosecond, names and link targets as bytes of any length,
 * sizes and owners beyond what the old header can say, attributes and access lists.
 * @see POSIX pax, "ustar Interchange Format" and "pax Interchange Format"
 */
export async function* tarArchive(entries: AsyncIterable<ArchiveEntry>): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    yield entryHeader(entry);
    yield* entry.content();
    yield padding(entry.sizeBytes);
  }
  yield Buffer.alloc(2 * blockBytes);
}

function entryHeader({ names, node, sizeBytes }: ArchiveEntry): Buffer {
  const header: TarHeader = {
    path: archivePath(names, node),
    type: node.type === "dir" || node.type === "symlink" ? node.type : "file",
    mode: permissionsOf(node.mode),
    uid: node.uid,
    gid: node.gid,
    sizeBytes,
    mtimeS: node.mtime.ns / nsPerSecond,
    linkTarget: node.linkTarget,
    user: Buffer.from(node.user),
    group: Buffer.from(node.group),
  };
  const records = recordsFor(header, node);
  return records.size === 0 ? ustarHeader(header) : Buffer.concat([paxHeader(header, records), ustarHeader(header)]);
}

/** What the old header cannot say about an entry. */
function recordsFor(header: TarHeader, node: TreeNode): PaxRecords {
  const records = new Map<string, Buffer>();
  const isRaw = [header.path, header.linkTarget].some((name) => !isUtf8(name) && !fits(name));
  if (isRaw) records.set("hdrcharset", Buffer.from("BINARY"));
  if (needsRecord(header.path)) records.set("path", header.path);
  if (needsRecord(header.linkTarget)) records.set("linkpath", header.linkTarget);
  if (header.sizeBytes > octalMax(12)) records.set("size", Buffer.from(String(header.sizeBytes)));
  if (header.uid > octalMax(8)) records.set("uid", Buffer.from(String(header.uid)));
  if (header.gid > octalMax(8)) records.set("gid", Buffer.from(String(header.gid)));
  if (!isAscii(header.user) || header.user.length > 31) records.set("uname", header.user);
  if (!isAscii(header.group) || header.group.length > 31) records.set("gname", header.group);
  for (const [key, value] of attributeRecords(node)) records.set(key, value);
  const { mtime, atime } = node;
  if (mtime.ns % nsPerSecond !== 0n || mtime.ns < 0n || Number(header.mtimeS) > octalMax(12)) {
    records.set("mtime", paxTime(mtime.ns));
  }
  if (records.size > 0) records.set("atime", paxTime(atime.ns));
  return records;
}

/**
 * Names are told by a record where they are too long, or text that only UTF-8 spells. Others stand in the header as they
 * are: names that are no UTF-8, which a record would have to be, and those with tag characters, which the conversion that
 * GNU tar puts records through drops in some locales.
 */
function needsRecord(name: Buffer): boolean {
  return !fits(name) || (!isAscii(name) && isUtf8(name) && !tagCharacters.test(name.toString()));
}

const tagCharacters = /[\u{e0000}-\u{e007f}]/u;

function fits(name: Buffer): boolean {
  return name.length <= nameBytes;
}

function paxHeader(header: TarHeader, records: PaxRecords): Buffer {
  const body = encodePaxRecords(records);
  const path = Buffer.concat([Buffer.from("PaxHeaders/"), header.path.subarray(-(nameBytes - 20))]);
  const own: TarHeader = {
    ...header,
    path: Buffer.from(
      path
        .toString("latin1")
        .replace(/[^\x21-\x7e]/g, "_")
        .replace(/\/$/, "_"),
    ),
    type: "pax",
    mode: 0o644,
    sizeBytes: body.length,
    linkTarget: Buffer.alloc(0),
  };
  return Buffer.concat([ustarHeader(own), body, padding(body.length)]);
}

/** One block; fields that are too small for their value hold what fits, and the record before it tells the truth. */
function ustarHeader(header: TarHeader): Buffer {
  const block = Buffer.alloc(blockBytes);
  header.path.copy(block, 0, 0, nameBytes);
  writeOctal(block, 100, 8, header.mode);
  writeOctal(block, 108, 8, Math.min(header.uid, octalMax(8)));
  writeOctal(block, 116, 8, Math.min(header.gid, octalMax(8)));
  writeOctal(block, 124, 12, Math.min(header.sizeBytes, octalMax(12)));
  writeOctal(block, 136, 12, Math.min(Math.max(Number(header.mtimeS), 0), octalMax(12)));
  block.fill(" ", 148, 156);
  block.write(typeFlags[header.type], 156);
  header.linkTarget.copy(block, 157, 0, nameBytes);
  block.write("ustar\x0000", 257, "latin1");
  header.user.copy(block, 265, 0, 31);
  header.group.copy(block, 297, 0, 31);
  writeOctal(block, 329, 8, 0);
  writeOctal(block, 337, 8, 0);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function writeOctal(block: Buffer, at: number, width: number, value: number): void {
  block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at, "latin1");
}

/** The largest number that a field of `width` bytes holds, its end included. */
function octalMax(width: number): number {
  return 8 ** (width - 1) - 1;
}

function padding(sizeBytes: number): Buffer {
  return Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes);
}
