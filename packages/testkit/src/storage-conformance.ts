import { createHash } from "node:crypto";
import { concatBytes, KiB, MiB } from "@holdfast/base";
import { storageErrors, type FileHandle, type FileType, type Storage } from "@holdfast/storage";
import { describe, expect, onTestFinished, test } from "vitest";
import { seededRandom } from "./seeded-random.ts";

const seed = 20260101;
const namedTypes = ["key", "snapshot", "index", "lock", "pack"] as const satisfies readonly FileType[];
const config: FileHandle = { type: "config", name: "" };

/**
 * What every storage promises, as tests. Call it at the top of a test file.
 *
 * @param makeStorage an empty storage of the kind under test, not yet created; what it leaves behind is removed with
 *   vitest's `onTestFinished`
 */
export function storageConformance(name: string, makeStorage: () => Promise<Storage>): void {
  const fresh = async () => {
    const storage = await makeStorage();
    onTestFinished(() => storage.close());
    await storage.create();
    return storage;
  };
  const random = seededRandom(seed);

  describe(`${name} keeps the promises of a storage (seed ${seed})`, () => {
    test("what is written reads back, whole and with its size, for every type of file", async () => {
      const storage = await fresh();
      const bytes = random.bytes(1234);
      const files = [config, ...namedTypes.map((type) => ({ type, name: nameOf(bytes) }))];
      for (const file of files) await storage.write(file, bytes);
      for (const file of files) {
        expect(await storage.stat(file)).toEqual({ name: file.name, sizeBytes: 1234 });
        expect(sameBytes(await storage.read(file), bytes)).toBe(true);
        expect(await Array.fromAsync(storage.list(file.type))).toEqual([{ name: file.name, sizeBytes: 1234 }]);
      }
    });

    test("an empty file and one of several mebibytes are kept as well", async () => {
      const storage = await fresh();
      for (const size of [0, 1, 64 * KiB, 3 * MiB + 1]) {
        const bytes = random.bytes(size);
        const pack = await stored(storage, "pack", bytes);
        expect(sameBytes(await storage.read(pack), bytes)).toBe(true);
        expect(sameBytes(await streamed(storage, pack), bytes)).toBe(true);
      }
    });

    test("a range gives exactly its bytes, read or streamed", async () => {
      const storage = await fresh();
      const bytes = random.bytes(300 * KiB);
      const pack = await stored(storage, "pack", bytes);
      const ranges = [
        [0, 1],
        [0, bytes.length],
        [bytes.length - 1, 1],
        [65_535, 2],
        [1000, 200_000],
        [17, 0],
        [bytes.length, 0],
      ] as const;
      for (const [offset, length] of ranges) {
        const wanted = bytes.subarray(offset, offset + length);
        expect(sameBytes(await storage.read(pack, { offset, length }), wanted)).toBe(true);
        expect(sameBytes(await streamed(storage, pack, { offset, length }), wanted)).toBe(true);
      }
    });

    test("a range past the end is a short read, never a short answer", async () => {
      const storage = await fresh();
      const pack = await stored(storage, "pack", random.bytes(100));
      for (const range of [
        { offset: 0, length: 101 },
        { offset: 99, length: 2 },
        { offset: 101, length: 0 },
        { offset: 5000, length: 1 },
      ]) {
        await expect(storage.read(pack, range)).rejects.toMatchObject({ code: storageErrors.shortRead.code });
        await expect(streamed(storage, pack, range)).rejects.toMatchObject({ code: storageErrors.shortRead.code });
      }
    });

    test("what is not there is missing to stat, read and stream, and removed without complaint", async () => {
      const storage = await fresh();
      for (const file of [config, ...namedTypes.map((type) => ({ type, name: nameOf(random.bytes(8)) }))]) {
        const missing = { code: storageErrors.missing.code, kind: "missing" };
        await expect(storage.stat(file)).rejects.toMatchObject(missing);
        await expect(storage.read(file)).rejects.toMatchObject(missing);
        await expect(storage.read(file, { offset: 0, length: 1 })).rejects.toMatchObject(missing);
        await expect(streamed(storage, file)).rejects.toMatchObject(missing);
        await storage.remove(file);
        expect(await Array.fromAsync(storage.list(file.type))).toEqual([]);
      }
    });

    test("a stored file is never replaced", async () => {
      const storage = await fresh();
      const first = random.bytes(50);
      const pack = { type: "pack", name: nameOf(first) } as const;
      for (const file of [config, pack]) {
        await storage.write(file, first);
        await expect(storage.write(file, random.bytes(60))).rejects.toThrow();
        expect(sameBytes(await storage.read(file), first)).toBe(true);
      }
      await expect(storage.write(config, first)).rejects.toMatchObject({ code: storageErrors.exists.code });
    });

    test("of several writers of the config one wins, and its bytes stay whole", async () => {
      const storage = await fresh();
      const bodies = Array.from({ length: 8 }, () => random.bytes(20 * KiB));
      const results = await Promise.allSettled(bodies.map((body) => storage.write(config, body)));
      const winner = results.findIndex((result) => result.status === "fulfilled");
      expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
      for (const result of results) {
        if (result.status === "rejected") expect(result.reason).toMatchObject({ code: storageErrors.exists.code });
      }
      expect(sameBytes(await storage.read(config), bodies[winner]!)).toBe(true);
    });

    test("a body may come in pieces of any size", async () => {
      const storage = await fresh();
      const pieces = [0, 1, 70_000, 0, 300_000, 13].map((size) => random.bytes(size));
      const whole = concatBytes(pieces);
      const fromArray = { type: "pack", name: nameOf(whole) } as const;
      await storage.write(fromArray, { sizeBytes: whole.length, pieces });
      expect(sameBytes(await storage.read(fromArray), whole)).toBe(true);
      const fromGenerator = { type: "index", name: nameOf(whole) } as const;
      await storage.write(fromGenerator, { sizeBytes: whole.length, pieces: oneByOne(pieces) });
      expect(sameBytes(await storage.read(fromGenerator), whole)).toBe(true);
    });

    test("a body that is shorter or longer than announced is not stored", async () => {
      const storage = await fresh();
      const bytes = random.bytes(200 * KiB);
      for (const sizeBytes of [bytes.length - 1, bytes.length + 1]) {
        const pack = { type: "pack", name: nameOf(bytes) } as const;
        const body = { sizeBytes, pieces: oneByOne([bytes.subarray(0, 1000), bytes.subarray(1000)]) };
        await expect(storage.write(pack, body)).rejects.toMatchObject({ code: storageErrors.sizeMismatch.code });
        expect(await Array.fromAsync(storage.list("pack"))).toEqual([]);
      }
    });

    test("a body that breaks off is not stored, its own error comes out, and the name stays free", async () => {
      const storage = await fresh();
      const bytes = random.bytes(500 * KiB);
      const pack = { type: "pack", name: nameOf(bytes) } as const;
      const broken = new Error("the source went away");
      await expect(
        storage.write(pack, { sizeBytes: bytes.length, pieces: breakingOff(bytes.subarray(0, 300_000), broken) }),
      ).rejects.toBe(broken);
      await expect(storage.stat(pack)).rejects.toMatchObject({ code: storageErrors.missing.code });
      await storage.write(pack, bytes);
      expect(sameBytes(await storage.read(pack), bytes)).toBe(true);
    });

    test("a body that fails after its last byte, as a checksum does, is not stored either", async () => {
      const storage = await fresh();
      const bytes = random.bytes(10 * KiB);
      const pack = { type: "pack", name: nameOf(bytes) } as const;
      const broken = new Error("the checksum does not match");
      await expect(storage.write(pack, { sizeBytes: bytes.length, pieces: breakingOff(bytes, broken) })).rejects.toBe(
        broken,
      );
      expect(await Array.fromAsync(storage.list("pack"))).toEqual([]);
    });

    test("a removed file is gone, and its name can be written again", async () => {
      const storage = await fresh();
      const bytes = random.bytes(10);
      for (const type of namedTypes) {
        const file = await stored(storage, type, bytes);
        await storage.remove(file);
        await expect(storage.stat(file)).rejects.toMatchObject({ code: storageErrors.missing.code });
        await storage.remove(file);
        await storage.write(file, bytes);
        expect(sameBytes(await storage.read(file), bytes)).toBe(true);
      }
    });

    test("a listing has every file of its type once, with its size, and no other", async () => {
      const storage = await fresh();
      const wanted = new Map<string, number>();
      for (let count = 0; count < 70; count += 1) {
        const file = await stored(storage, "pack", random.bytes(count));
        wanted.set(file.name, count);
      }
      await stored(storage, "index", random.bytes(10));
      const found = await Array.fromAsync(storage.list("pack"));
      expect(found).toHaveLength(wanted.size);
      expect(new Map(found.map((entry) => [entry.name, entry.sizeBytes]))).toEqual(wanted);
      expect(await Array.fromAsync(storage.list("lock"))).toEqual([]);
    });

    test("creating again keeps what is stored", async () => {
      const storage = await fresh();
      const pack = await stored(storage, "pack", random.bytes(10));
      await storage.create();
      await storage.stat(pack);
    });

    test("many calls at once do not disturb each other", async () => {
      const storage = await fresh();
      const bodies = Array.from({ length: 60 }, (_, index) => random.bytes(1000 * index));
      const packs = await Promise.all(bodies.map((bytes) => stored(storage, "pack", bytes)));
      await Promise.all(
        packs.map(async (pack, index) => expect(sameBytes(await storage.read(pack), bodies[index]!)).toBe(true)),
      );
      await Promise.all(packs.map((pack) => storage.remove(pack)));
      expect(await Array.fromAsync(storage.list("pack"))).toEqual([]);
    });

    test("what a caller does to its bytes afterwards changes nothing that is stored", async () => {
      const storage = await fresh();
      const bytes = random.bytes(100);
      const kept = bytes.slice();
      const pack = await stored(storage, "pack", bytes);
      bytes.fill(0);
      (await storage.read(pack)).fill(1);
      expect(sameBytes(await storage.read(pack), kept)).toBe(true);
    });

    test("an aborted call ends with the signal's reason and stores nothing", async () => {
      const storage = await fresh();
      const reason = new Error("the user pressed Ctrl-C");
      const aborted = AbortSignal.abort(reason);
      const bytes = random.bytes(100);
      const pack = { type: "pack", name: nameOf(bytes) } as const;
      await expect(storage.write(pack, bytes, aborted)).rejects.toBe(reason);
      await expect(storage.stat(pack)).rejects.toMatchObject({ code: storageErrors.missing.code });
      await storage.write(pack, bytes);
      await expect(storage.create(aborted)).rejects.toBe(reason);
      await expect(storage.stat(pack, aborted)).rejects.toBe(reason);
      await expect(storage.read(pack, undefined, aborted)).rejects.toBe(reason);
      await expect(Array.fromAsync(storage.stream(pack, undefined, aborted))).rejects.toBe(reason);
      await expect(Array.fromAsync(storage.list("pack", aborted))).rejects.toBe(reason);
      await expect(storage.remove(pack, aborted)).rejects.toBe(reason);
      await storage.stat(pack);
    });

    test("an upload aborted in the middle stores nothing", async () => {
      const storage = await fresh();
      const bytes = random.bytes(400 * KiB);
      const pack = { type: "pack", name: nameOf(bytes) } as const;
      const abort = new AbortController();
      const reason = new Error("the lock was lost");
      const pieces = (async function* () {
        yield bytes.subarray(0, 200_000);
        abort.abort(reason);
        yield bytes.subarray(200_000);
      })();
      await expect(storage.write(pack, { sizeBytes: bytes.length, pieces }, abort.signal)).rejects.toBe(reason);
      expect(await Array.fromAsync(storage.list("pack"))).toEqual([]);
      await storage.write(pack, bytes);
    });

    test("a stream that its reader leaves early leaves nothing open", async () => {
      const storage = await fresh();
      const bytes = random.bytes(2 * MiB);
      const pack = await stored(storage, "pack", bytes);
      for (let count = 0; count < 20; count += 1) {
        for await (const piece of storage.stream(pack)) {
          expect(sameBytes(piece, bytes.subarray(0, piece.length))).toBe(true);
          break;
        }
      }
      await storage.remove(pack);
      await expect(storage.stat(pack)).rejects.toMatchObject({ code: storageErrors.missing.code });
    });
  });
}

/** The name that content goes by, since some storages refuse any other. */
function nameOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function stored(storage: Storage, type: FileType, bytes: Uint8Array): Promise<FileHandle> {
  const file = { type, name: nameOf(bytes) };
  await storage.write(file, bytes);
  return file;
}

async function streamed(
  storage: Storage,
  file: FileHandle,
  range?: { offset: number; length: number },
): Promise<Uint8Array> {
  return concatBytes(await Array.fromAsync(storage.stream(file, range)));
}

async function* oneByOne(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

async function* breakingOff(bytes: Uint8Array, error: Error): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw error;
}

/** Compared by hand: a matcher would print megabytes when they differ. */
function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
