import { createHash, scryptSync } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { concatBytes, silentLog, systemClock, systemRandom } from "@holdfast/base";
import { backup, forgetSnapshots, prune, Repository } from "@holdfast/engine";
import { filesSource } from "@holdfast/sources";
import { memoryStorage, type FileHandle, type Storage } from "@holdfast/storage";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { opened, rawKey, sha256Hex, type RawKey } from "./sealing.ts";

const password = "nonces";
const owner = { hostname: "here", username: "tester", pid: process.pid };
const context = { clock: systemClock, random: systemRandom, log: silentLog };

interface Written {
  readonly file: FileHandle;
  readonly bytes: Buffer;
}

/** A storage in memory that remembers everything that was ever written to it, also what was removed again. */
function rememberingStorage(): { readonly storage: Storage; readonly written: readonly Written[] } {
  const inner = memoryStorage();
  const written: Written[] = [];
  const write: Storage["write"] = async (file, body, signal) => {
    const bytes = body instanceof Uint8Array ? body : concatBytes(await Array.fromAsync(body.pieces));
    written.push({ file, bytes: Buffer.from(bytes) });
    await inner.write(file, bytes, signal);
  };
  const storage: Storage = {
    location: inner.location,
    properties: inner.properties,
    create: (signal) => inner.create(signal),
    stat: (file, signal) => inner.stat(file, signal),
    read: (file, range, signal) => inner.read(file, range, signal),
    stream: (file, range, signal) => inner.stream(file, range, signal),
    write,
    remove: (file, signal) => inner.remove(file, signal),
    list: (type, signal) => inner.list(type, signal),
    close: () => inner.close(),
  };
  return { storage, written };
}

/** The master key as the format's description says, without the engine; and the nonce that it was sealed with. */
function openedKeyFile(json: Buffer): { readonly key: RawKey; readonly nonce: string } {
  const file = JSON.parse(json.toString()) as { N: number; r: number; p: number; salt: string; data: string };
  const { N, r, p, salt, data } = file;
  const user = rawKey(scryptSync(password, Buffer.from(salt, "base64"), 64, { N, r, p }));
  const sealed = Buffer.from(data, "base64");
  const { mac, encrypt } = JSON.parse(opened(user, sealed).toString()) as {
    mac: { k: string; r: string };
    encrypt: string;
  };
  const parts = [encrypt, mac.k, mac.r].map((part) => Buffer.from(part, "base64"));
  return { key: rawKey(Buffer.concat(parts)), nonce: sealed.subarray(0, 16).toString("hex") };
}

/**
 * Every different sealed text in what was written, by its nonce first. A prune moves sealed blobs as they are, so the
 * same text with the same nonce may lie in two packs; another text with that nonce may not.
 *
 * Found by walking each pack from its header, each seal opened by a second hand.
 */
function sealedTexts(key: RawKey, written: readonly Written[]): string[] {
  const texts = new Set<string>();
  const take = (sealed: Buffer): Buffer => {
    texts.add(`${sealed.toString("hex", 0, 16)} ${sha256Hex(sealed)}`);
    return opened(key, sealed);
  };
  for (const { file, bytes } of written) {
    if (file.type === "key") continue;
    if (file.type !== "pack") {
      take(bytes);
      continue;
    }
    const headerLength = bytes.readUInt32LE(bytes.length - 4);
    const header = take(bytes.subarray(-4 - headerLength, -4));
    let offset = 0;
    for (let at = 0; at < header.length;) {
      const isCompressed = header[at]! >= 2;
      const length = header.readUInt32LE(at + 1);
      const inner = take(bytes.subarray(offset, offset + length));
      const end = at + (isCompressed ? 41 : 37);
      const plain = isCompressed ? zstdDecompressSync(inner) : inner;
      expect(sha256Hex(plain)).toBe(header.toString("hex", end - 32, end));
      offset += length;
      at = end;
    }
  }
  return [...texts];
}

async function newRepository(storage: Storage): Promise<Repository> {
  const kdf = { N: 2, r: 1, p: 1 };
  return Repository.init(storage, { ...owner, password, kdf, packBytesTarget: 200_000 }, context);
}

test("no nonce is used twice, whichever thread or process of work sealed with it", async () => {
  const folder = await temporaryDirectory();
  const random = seededRandom("content");
  for (let directory = 0; directory < 20; directory += 1) {
    await mkdir(join(folder, `d${directory}`));
    for (let file = 0; file < 100; file += 1)
      await writeFile(join(folder, `d${directory}`, `f${file}`), random.bytes(300 + 10 * file));
  }
  await writeFile(join(folder, "large"), random.bytes(6_000_000));
  const { storage, written } = rememberingStorage();
  const repository = await newRepository(storage);
  const source = () => filesSource({ targets: [folder], workingDir: folder });
  const options = { ...owner, technology: "full", programVersion: "test" } as const;
  const first = await backup(repository, source(), options);
  for (let file = 0; file < 100; file += 2) await writeFile(join(folder, "d3", `f${file}`), random.bytes(500));
  await backup(await Repository.open(storage, { password }, context), source(), options);
  const other = await Repository.open(storage, { password, packBytesTarget: 200_000 }, context);
  const lock = await other.lock("exclusive", owner);
  await forgetSnapshots(other, [first.snapshotId]);
  await lock.release();
  await prune(other, { lock: owner, maxUnused: { kind: "bytes", bytes: 0 } });

  const { key, nonce } = openedKeyFile(written.find(({ file }) => file.type === "key")!.bytes);
  const nonces = [nonce, ...sealedTexts(key, written).map((text) => text.slice(0, 32))];
  const types = new Set(written.map(({ file }) => file.type));
  expect([...types].sort()).toEqual(["config", "index", "key", "lock", "pack", "snapshot"]);
  expect(nonces.length).toBeGreaterThan(2000);
  expect(new Set(nonces).size).toBe(nonces.length);
  expect(nonces).not.toContain("00".repeat(16));
  process.stderr.write(`nonces: ${nonces.length}, all different\n`);
});

test("the same plain text twice gives different cipher text", async () => {
  const { storage, written } = rememberingStorage();
  const plain = Buffer.from("the very same bytes, ".repeat(20));
  await newRepository(storage);
  for (let session = 0; session < 2; session += 1) {
    // Neither knows of the other's blob: both had the index before either wrote.
    const repository = await Repository.open(storage, { password }, context);
    await repository.saveBlob("data", plain);
    await repository.flush();
  }
  const packs = written.filter(({ file }) => file.type === "pack").map(({ bytes }) => bytes);
  expect(packs).toHaveLength(2);
  const sealed = packs.map((pack) => pack.subarray(0, 60).toString("hex"));
  expect(sealed[0]).not.toBe(sealed[1]);
  const { key } = openedKeyFile(written.find(({ file }) => file.type === "key")!.bytes);
  const stored = (pack: Buffer) => pack.subarray(0, -4 - pack.readUInt32LE(pack.length - 4));
  const [one, two] = packs.map((pack) => opened(key, stored(pack)));
  expect(one).toEqual(two);
});

test("what the description of the format gives as an example opens", () => {
  const key = rawKey(
    Buffer.from(
      "303e8687b1d7db18421bdc6bb8588ccadac4d59ee87b8ff70c44e635790cafefef4d8824cb80b2bcc5fbff8a9b12a42ccc8d4b948ee0ebfe1d415de921d10353",
      "hex",
    ),
  );
  const sealed = "69fb41c62d12def4593bd71757138606338f621aeaeb39da0fe4f99233f8037a54ea63338a813bcf3f75d8c3cc75dddf8750";
  expect(opened(key, Buffer.from(sealed, "hex")).toString()).toBe("Dies ist ein Test!");
  const changed = Buffer.from(sealed, "hex");
  changed[20]! ^= 1;
  expect(() => opened(key, changed)).toThrow();
  expect(createHash("sha256").update('{"nodes":[]}\n').digest("hex")).toMatch(/^ac08ce34/);
});
