import { createCipheriv, scryptSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { rawKey, sealed, sha256Hex, type RawKey } from "./sealing.ts";

export const forgedPassword = "hostile";

export type Folder = "keys" | "snapshots" | "index" | "locks" | "data";

/** A blob as an index file or a pack header lists it; a forger may say anything. */
export interface Listed {
  readonly id: string;
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly uncompressedLength: number;
}

export interface BlobToPack {
  readonly type: "data" | "tree";
  /** What is encrypted, a zstd frame when `claimedLength` is given. */
  readonly inner: Uint8Array;
  /** The uncompressed length that is claimed; 0 or absent says that it is not compressed. */
  readonly claimedLength?: number;
  /** Default: the hash of `inner`. */
  readonly id?: string;
}

export interface ForgedPack {
  readonly id: string;
  readonly blobs: readonly Listed[];
}

/**
 * Writes a repository as somebody who holds the key and means ill: every file decrypts and carries the right name, and
 * says whatever the case wants. Shares no code with the engine.
 */
export class Forge {
  readonly path: string;
  /** A folder beside every target that nothing may touch. */
  readonly outside: string;
  readonly key: RawKey;
  /** The same bytes for the same case, every time. */
  readonly #stream;
  #waiting: BlobToPack[] = [];

  /** @param path of the repository, which is made at once with a key and a config */
  constructor(path: string, outside: string, seed: string) {
    this.path = path;
    this.outside = outside;
    this.#stream = createCipheriv("aes-256-ctr", Buffer.from(sha256Hex(Buffer.from(seed)), "hex"), Buffer.alloc(16));
    this.key = rawKey(this.bytes(64));
    this.putNamed("config", this.seal(json(config)));
    this.put("keys", json(this.keyFile()));
  }

  bytes(count: number): Uint8Array {
    return this.#stream.update(new Uint8Array(count));
  }

  seal(plain: Uint8Array): Buffer {
    return sealed(this.key, this.bytes(16), plain);
  }

  /** A key file that `forgedPassword` opens, with some of its members changed. */
  keyFile(changed: Readonly<Record<string, unknown>> = {}, master: Uint8Array = masterJson(this.key)): object {
    const salt = this.bytes(64);
    const user = rawKey(scryptSync(forgedPassword, salt, 64, { N: 2, r: 1, p: 1 }));
    const data = sealed(user, this.bytes(16), master).toString("base64");
    const about = { created: "2026-01-01T00:00:00Z", username: "u", hostname: "h", kdf: "scrypt", N: 2, r: 1, p: 1 };
    return { ...about, salt: Buffer.from(salt).toString("base64"), data, ...changed };
  }

  /** Stores bytes as they are, under their hash. @returns the name */
  put(folder: Folder, bytes: Uint8Array): string {
    const name = sha256Hex(bytes);
    this.putNamed(folder === "data" ? `data/${name.slice(0, 2)}/${name}` : `${folder}/${name}`, bytes);
    return name;
  }

  putNamed(file: string, bytes: Uint8Array | string): void {
    const path = join(this.path, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }

  /** An encrypted snapshot, index or lock. @param document an object, or the exact text or bytes */
  document(folder: "snapshots" | "index" | "locks", document: object | string | Uint8Array): string {
    return this.put(folder, this.seal(document instanceof Uint8Array ? document : json(document)));
  }

  /** The same, compressed as version 2 does it. @param frame default: what compressing `document` gives */
  compressed(folder: "snapshots" | "index" | "locks", frame: Uint8Array): string {
    return this.put(folder, this.seal(Buffer.concat([Buffer.of(2), frame])));
  }

  // Blobs, gathered until `flush`

  data(plain: Uint8Array | string): string {
    return this.blob({ type: "data", inner: Buffer.from(plain) });
  }

  /** @param text of the whole tree blob */
  tree(text: string | Uint8Array): string {
    const plain = Buffer.from(text);
    if (plain.length < 100_000) return this.blob({ type: "tree", inner: plain });
    const [id, inner] = [sha256Hex(plain), zstdCompressSync(plain)];
    return this.blob({ type: "tree", inner, claimedLength: plain.length, id });
  }

  /** A tree of these nodes, each the text of an object. */
  treeOf(...nodes: readonly string[]): string {
    return this.tree(`{"nodes":[${nodes.join(",")}]}\n`);
  }

  blob(blob: BlobToPack): string {
    this.#waiting.push(blob);
    return blob.id ?? sha256Hex(blob.inner);
  }

  /** Packs what waits, data and trees apart, and indexes it. */
  flush(): ForgedPack[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    const packs = (["data", "tree"] as const)
      .map((type) => waiting.filter((blob) => blob.type === type))
      .filter((blobs) => blobs.length > 0)
      .map((blobs) => this.pack(blobs));
    if (packs.length > 0) this.index(packs);
    return packs;
  }

  /**
   * A pack file with these blobs.
   * @param changed the header in plain text, its length as it is written, or bytes around, other than they should be
   */
  pack(
    blobs: readonly BlobToPack[],
    changed: {
      readonly header?: (entries: Buffer, listed: readonly Listed[]) => Uint8Array;
      readonly headerLength?: (length: number) => number;
      readonly between?: Uint8Array;
      readonly behind?: Uint8Array;
      readonly cutTo?: number;
    } = {},
  ): ForgedPack {
    const pieces: Uint8Array[] = [];
    const listed: Listed[] = [];
    let offset = 0;
    for (const { type, inner, claimedLength = 0, id = sha256Hex(inner) } of blobs) {
      const stored = this.seal(inner);
      pieces.push(stored);
      listed.push({ id, type, offset, length: stored.length, uncompressedLength: claimedLength });
      offset += stored.length;
    }
    const entries = headerEntries(listed);
    const header = this.seal(changed.header?.(entries, listed) ?? entries);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(changed.headerLength?.(header.length) ?? header.length);
    const none = new Uint8Array(0);
    const whole = Buffer.concat([...pieces, changed.between ?? none, header, length, changed.behind ?? none]);
    return { id: this.put("data", whole.subarray(0, changed.cutTo)), blobs: listed };
  }

  index(packs: readonly ForgedPack[]): string {
    return this.document("index", indexText(packs));
  }

  // Snapshots

  /** @param changed members other than the usual; undefined leaves one out */
  snapshot(tree: string, changed: Readonly<Record<string, unknown>> = {}): string {
    this.flush();
    const usual = { time: "2026-01-02T00:00:00Z", tree, paths: ["/hostile"], hostname: "hostile", username: "mallory" };
    return this.document("snapshots", { ...usual, ...changed });
  }
}

/** `hostile.` and what a sound config says. */
export const config = { version: 2, id: "ab".repeat(32), chunker_polynomial: "3da3358b4dc173" };

export function json(value: object | string): Buffer {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
}

export function masterJson(key: RawKey): Buffer {
  const [k, r, encrypt] = [key.k, key.r, key.encrypt].map((part) => part.toString("base64"));
  return json({ mac: { k, r }, encrypt });
}

export function indexText(packs: readonly ForgedPack[]): string {
  return JSON.stringify({
    packs: packs.map(({ id, blobs }) => ({
      id,
      blobs: blobs.map(({ id: blob, type, offset, length, uncompressedLength }) => {
        const uncompressed = uncompressedLength === 0 ? {} : { uncompressed_length: uncompressedLength };
        return { id: blob, type, offset, length, ...uncompressed };
      }),
    })),
  });
}

function headerEntries(listed: readonly Listed[]): Buffer {
  return Buffer.concat(
    listed.map(({ id, type, length, uncompressedLength }) => {
      const isCompressed = uncompressedLength !== 0;
      const entry = Buffer.alloc(isCompressed ? 41 : 37);
      entry[0] = (type === "tree" ? 1 : 0) + (isCompressed ? 2 : 0);
      entry.writeUInt32LE(length, 1);
      if (isCompressed) entry.writeUInt32LE(uncompressedLength, 5);
      entry.write(id, entry.length - 32, "hex");
      return entry;
    }),
  );
}

const usualTime = "2026-01-01T00:00:00Z";
const modes: Readonly<Record<string, number>> = {
  file: 0o644,
  dir: 0x8000_0000 + 0o755,
  symlink: 0x0800_0000 + 0o777,
  fifo: 0x0200_0000 + 0o644,
  dev: 0x0400_0000 + 0o600,
  chardev: 0x0420_0000 + 0o600,
  socket: 0x0100_0000 + 0o600,
};

/**
 * A node's text. @param name as it stands between the quotes, so backslashes count
 * @param members further ones, or others than the usual; a string that begins with "=" is put in as it is
 */
export function node(name: string, type: string, members: Readonly<Record<string, unknown>> = {}): string {
  const usual: Record<string, unknown> = {
    name: `="${name}"`,
    type,
    mode: modes[type] ?? 0o644,
    mtime: usualTime,
    atime: usualTime,
    ctime: usualTime,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    content: null,
    ...members,
  };
  const texts = Object.entries(usual)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const isRaw = typeof value === "string" && value.startsWith("=");
      return `${JSON.stringify(key)}:${isRaw ? value.slice(1) : JSON.stringify(value)}`;
    });
  return `{${texts.join(",")}}`;
}

/** zstd frames made by hand: a header of any content size, then blocks of one repeated byte, 128 KiB each. */
export function repeatingFrame(options: {
  readonly blocks: number;
  readonly contentSize?: bigint;
  readonly dictionary?: number;
  readonly byte?: number;
}): Buffer {
  const { blocks, contentSize, dictionary, byte = 0 } = options;
  // Descriptor: size of the content-size field in the upper bits, dictionary id of four bytes in the lowest two.
  const descriptor = (contentSize === undefined ? 0 : 3 << 6) | (dictionary === undefined ? 0 : 3);
  const header = [0x28, 0xb5, 0x2f, 0xfd, descriptor, 0x38]; // a window of 128 KiB
  const dictionaryId = Buffer.alloc(dictionary === undefined ? 0 : 4);
  if (dictionary !== undefined) dictionaryId.writeUInt32LE(dictionary);
  const size = Buffer.alloc(contentSize === undefined ? 0 : 8);
  if (contentSize !== undefined) size.writeBigUInt64LE(contentSize);
  const body = Buffer.alloc(4 * blocks);
  for (let block = 0; block < blocks; block += 1) {
    const isLast = block === blocks - 1;
    body.writeUIntLE((131_072 << 3) | (1 << 1) | (isLast ? 1 : 0), 4 * block, 3);
    body[4 * block + 3] = byte;
  }
  return Buffer.concat([Buffer.from(header), dictionaryId, size, body]);
}

/** A list of very many items, made without holding each of them. */
export function manyItems(count: number, item: (at: number) => string): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < count; at += 1000) {
    const texts = Array.from({ length: Math.min(1000, count - at) }, (_, index) => item(at + index));
    pieces.push(Buffer.from(`${at === 0 ? "" : ","}${texts.join(",")}`));
  }
  return Buffer.concat(pieces);
}
