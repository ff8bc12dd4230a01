/** What a zip says about an entry, in front of it and at the end. */
export interface ZipEntry {
  readonly path: Buffer;
  readonly isUtf8: boolean;
  readonly isDeflated: boolean;
  /** Sizes and checksum stand behind the data, because they are not known in front of it. */
  readonly isStreamed: boolean;
  /** Sizes take 64 bits. */
  readonly isWide: boolean;
  /** As `st_mode`, its type included. */
  readonly unixMode: number;
  readonly isDirectory: boolean;
  readonly mtimeNs: bigint;
  readonly atimeNs: bigint;
  readonly uid: number;
  readonly gid: number;
  /** Where it begins in the archive. */
  readonly at: number;
}

export interface ZipSizes {
  readonly crc: number;
  readonly plain: number;
  readonly stored: number;
}

const u16Max = 0xffff;
const u32Max = 0xffff_ffff;
const madeOnUnix = 3 << 8;
const versionPlain = 20;
const versionWide = 45;
const streamedBit = 1 << 3;
const utf8Bit = 1 << 11;
const deflateMethod = 8;
const directoryAttribute = 0x10;

export function localHeader(entry: ZipEntry, sizes: ZipSizes): Buffer {
  const wide = entry.isWide ? extra(0x0001, [u64(sizes.plain), u64(sizes.stored)]) : empty;
  const extras = Buffer.concat([wide, timesExtra(entry, true), ownerExtra(entry)]);
  return Buffer.concat([
    u32(0x04034b50),
    u16(entry.isWide ? versionWide : versionPlain),
    ...shared(entry, sizes, entry.isWide),
    u16(entry.path.length),
    u16(extras.length),
    entry.path,
    extras,
  ]);
}

/** Follows the data of an entry that is streamed. */
export function dataDescriptor(entry: ZipEntry, { crc, plain, stored }: ZipSizes): Buffer {
  const number = entry.isWide ? u64 : u32;
  return Buffer.concat([u32(0x08074b50), u32(crc), number(stored), number(plain)]);
}

export function centralHeader(entry: ZipEntry, sizes: ZipSizes): Buffer {
  const isFar = entry.at >= u32Max;
  const wide = [
    ...(entry.isWide ? [u64(sizes.plain), u64(sizes.stored)] : []), //
    ...(isFar ? [u64(entry.at)] : []),
  ];
  const isWide = wide.length > 0;
  const extras = Buffer.concat([isWide ? extra(0x0001, wide) : empty, timesExtra(entry, false), ownerExtra(entry)]);
  const attributes = ((entry.unixMode << 16) | (entry.isDirectory ? directoryAttribute : 0)) >>> 0;
  return Buffer.concat([
    u32(0x02014b50),
    u16(madeOnUnix | versionWide),
    u16(isWide ? versionWide : versionPlain),
    ...shared(entry, sizes, entry.isWide),
    u16(entry.path.length),
    u16(extras.length),
    u16(0), // no comment
    u16(0), // the first disk
    u16(0), // no text
    u32(attributes),
    u32(isFar ? u32Max : entry.at),
    entry.path,
    extras,
  ]);
}

/** What ends the archive; with the 64-bit records where a number needs them. */
export function endOfArchive(end: { count: number; centralAt: number; centralBytes: number }): Buffer {
  const { count, centralAt, centralBytes } = end;
  const isWide = count >= u16Max || centralAt >= u32Max || centralBytes >= u32Max;
  const wide = [
    u32(0x06064b50),
    u64(44), // bytes that follow
    u16(madeOnUnix | versionWide),
    u16(versionWide),
    u32(0),
    u32(0),
    u64(count),
    u64(count),
    u64(centralBytes),
    u64(centralAt),
    u32(0x07064b50),
    u32(0),
    u64(centralAt + centralBytes),
    u32(1),
  ];
  return Buffer.concat([
    ...(isWide ? wide : []),
    u32(0x06054b50),
    u16(0),
    u16(0),
    u16(Math.min(count, u16Max)),
    u16(Math.min(count, u16Max)),
    u32(Math.min(centralBytes, u32Max)),
    u32(Math.min(centralAt, u32Max)),
    u16(0),
  ]);
}

/** The fields that both headers have in the same order: from the flags to the sizes. */
function shared(entry: ZipEntry, { crc, plain, stored }: ZipSizes, isWide: boolean): Buffer[] {
  const { time, date } = dosTime(entry.mtimeNs);
  return [
    u16((entry.isStreamed ? streamedBit : 0) | (entry.isUtf8 ? utf8Bit : 0)),
    u16(entry.isDeflated ? deflateMethod : 0),
    u16(time),
    u16(date),
    u32(crc),
    u32(isWide ? u32Max : stored),
    u32(isWide ? u32Max : plain),
  ];
}

/** Two seconds are the finest it knows, and 1980 to 2107 its years; the extra field says it better. */
function dosTime(ns: bigint): { time: number; date: number } {
  const at = new Date(Number(ns / 1_000_000n));
  const year = Math.min(Math.max(at.getUTCFullYear(), 1980), 2107);
  return {
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
    date: ((year - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
  };
}

/** Seconds since 1970, where 32 bits hold them. The central header has the time of modification alone. */
function timesExtra({ mtimeNs, atimeNs }: ZipEntry, isLocal: boolean): Buffer {
  const [mtime, atime] = [mtimeNs, atimeNs].map((ns) => Math.floor(Number(ns / 1_000_000n) / 1000)) as [number, number];
  if (![mtime, atime].every((time) => Math.abs(time) < 2 ** 31)) return empty;
  return extra(0x5455, [Buffer.of(3), i32(mtime), ...(isLocal ? [i32(atime)] : [])]);
}

function ownerExtra({ uid, gid }: ZipEntry): Buffer {
  return extra(0x7875, [Buffer.of(1, 4), u32(uid), Buffer.of(4), u32(gid)]);
}

function extra(id: number, fields: readonly Buffer[]): Buffer {
  const body = Buffer.concat(fields);
  return Buffer.concat([u16(id), u16(body.length), body]);
}

const empty = Buffer.alloc(0);

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
