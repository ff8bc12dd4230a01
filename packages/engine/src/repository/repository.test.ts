import { toHex } from "@holdfast/base";
import { memoryStorage } from "@holdfast/storage";
import { seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { idOf } from "../id.ts";
import { Repository } from "./repository.ts";
import { passTimeUntil, repositoryFixture, testKdf, testOwner, testPassword } from "./repository-fixture.ts";

const emptyTree = Buffer.from('{"nodes":[]}\n');
const snapshotJson = Buffer.from('{"time":"2026-01-01T12:00:00Z","tree":"","paths":[]}');

function withCode(code: string) {
  return expect.objectContaining({ code });
}

describe.each([1, 2] as const)("a version %i repository", (version) => {
  test("gives back what was stored, to this session and to the next", async () => {
    const { repository, reopen } = await repositoryFixture({ seed: 1, version, packBytesTarget: 100_000 });
    const random = seededRandom("plains");
    const plains = Array.from({ length: 50 }, (_, n) => random.bytes(n * 500));
    for (const plain of plains) await repository.saveBlob("data", plain);
    await repository.saveBlob("tree", emptyTree);
    await repository.flush();
    const snapshotId = await repository.saveUnpacked("snapshot", snapshotJson);
    for (const session of [repository, await reopen()]) {
      for (const plain of plains) {
        expect(session.plainLength("data", idOf(plain))).toBe(plain.byteLength);
        expect(toHex(await session.loadBlob("data", idOf(plain)))).toBe(toHex(plain));
      }
      expect(Buffer.from(await session.loadBlob("tree", idOf(emptyTree)))).toEqual(emptyTree);
      expect(session.has("data", idOf(emptyTree))).toBe(false);
      expect(Buffer.from(await session.loadUnpacked("snapshot", snapshotId))).toEqual(snapshotJson);
      expect(session.id).toBe(repository.id);
      expect(session.version).toBe(version);
      expect(session.chunkerPolynomial).toBe(repository.chunkerPolynomial);
    }
  });
});

test("no blob is stored twice, whoever asks and however often", async () => {
  const { repository, reopen } = await repositoryFixture({ seed: 2 });
  const plain = Buffer.from("the same bytes");
  const saved = await Promise.all(Array.from({ length: 20 }, () => repository.saveBlob("data", plain)));
  expect(saved.filter((blob) => blob.isNew)).toHaveLength(1);
  expect(saved.every((blob) => blob.isNew === blob.storedBytes > 0)).toBe(true);
  expect(repository.has("data", idOf(plain))).toBe(true);
  await repository.flush();
  const again = await reopen();
  expect(await again.saveBlob("data", plain)).toEqual({ id: idOf(plain), isNew: false, storedBytes: 0 });
  await again.flush();
  expect(again.places("data", idOf(plain))).toHaveLength(1);
  expect((await again.list("pack")).length).toBe(1);
});

test("data and trees go to packs of their own, and the same bytes may be both", async () => {
  const { repository } = await repositoryFixture({ seed: 3 });
  await repository.saveBlob("data", emptyTree);
  await repository.saveBlob("tree", emptyTree);
  await repository.flush();
  const packs = [...repository.packs()];
  expect(packs.map((pack) => pack.blobs.map((blob) => blob.type)).sort()).toEqual([["data"], ["tree"]]);
});

test("packs are stored before the index that names them, and the index before the snapshot", async () => {
  const { repository, storage } = await repositoryFixture({ seed: 4, packBytesTarget: 50_000 });
  const random = seededRandom("order");
  const before = storage.calls.length;
  for (let n = 0; n < 20; n += 1) await repository.saveBlob("data", random.bytes(10_000));
  await repository.flush();
  await repository.saveUnpacked("snapshot", snapshotJson);
  const writes = storage.calls.slice(before).filter((call) => call.operation === "write");
  expect(writes.map((call) => call.type)).toEqual([...Array.from({ length: 4 }, () => "pack"), "index", "snapshot"]);
});

test("a snapshot cannot be saved before its blobs are indexed", async () => {
  const { repository, storage } = await repositoryFixture({ seed: 5 });
  await repository.saveBlob("data", emptyTree);
  await expect(repository.saveUnpacked("snapshot", snapshotJson)).rejects.toThrow(/no index knows/);
  expect(await storage.names("snapshot")).toEqual([]);
});

test("while the storage hangs, memory stays within a few packs, and each caller waits", async () => {
  const { repository, storage } = await repositoryFixture({ seed: 6, packBytesTarget: 20_000 });
  const held = Array.from({ length: 8 }, (_, n) => storage.pauseBefore("write", "pack", n + 1));
  const random = seededRandom("backpressure");
  let taken = 0;
  const saves = Array.from({ length: 100 }, async () => {
    await repository.saveBlob("data", random.bytes(20_000));
    taken += 1;
  });
  await held.at(-1)!.reached;
  await new Promise(setImmediate);
  expect(taken).toBe(8); // one for each upload that hangs
  expect(storage.calls.filter((call) => call.type === "pack")).toHaveLength(8);
  for (const pause of held) pause.resume();
  await Promise.all(saves);
  await repository.flush();
  expect(taken).toBe(100);
});

test("an index file is finished after 50,000 blobs, so an interrupted backup keeps them", async () => {
  const { repository, storage } = await repositoryFixture({ seed: 7, packBytesTarget: 100_000, version: 1 });
  const plain = Buffer.alloc(4);
  for (let n = 0; n < 52_000; n += 1) {
    plain.writeUInt32LE(n);
    await repository.saveBlob("data", plain);
  }
  await repository.flush();
  expect(await storage.names("index")).toHaveLength(2);
});

test("an index file is finished after ten minutes", async () => {
  const { repository, storage, clock } = await repositoryFixture({ seed: 8, packBytesTarget: 1000 });
  const random = seededRandom("age");
  await repository.saveBlob("data", random.bytes(1000));
  await new Promise(setImmediate);
  expect(await storage.names("index")).toEqual([]);
  clock.advanceMs(10 * 60_000);
  await repository.saveBlob("data", random.bytes(1000));
  await new Promise(setImmediate);
  expect(await storage.names("index")).toHaveLength(1);
});

describe("when an upload fails", () => {
  test.each(["pack", "index"] as const)(
    "of a %s, flush throws, no snapshot is made, nothing names what is not there",
    async (type) => {
      const { repository, storage, reopen } = await repositoryFixture({ seed: 9, packBytesTarget: 10_000 });
      storage.add({ operation: "write", type, how: "fail" });
      const random = seededRandom("failure");
      const saving = async () => {
        for (let n = 0; n < 10; n += 1) await repository.saveBlob("data", random.bytes(10_000));
        await repository.flush();
      };
      await expect(saving()).rejects.toThrow(withCode("STORAGE_UNREACHABLE"));
      expect(storage.hits).toBe(1);
      await expect(repository.saveBlob("data", random.bytes(10))).rejects.toThrow(withCode("STORAGE_UNREACHABLE"));
      await expect(repository.flush()).rejects.toThrow(withCode("STORAGE_UNREACHABLE"));
      await expect(repository.saveUnpacked("snapshot", snapshotJson)).rejects.toThrow(withCode("STORAGE_UNREACHABLE"));
      const next = await reopen();
      const stored = new Set(await storage.names("pack"));
      for (const pack of next.packs()) expect(stored.has(pack.id)).toBe(true);
    },
  );

  test("after the answer was lost, the file that is there is accepted", async () => {
    const { repository, storage, reopen } = await repositoryFixture({ seed: 10 });
    const plain = Buffer.from("once only");
    await repository.saveBlob("data", plain);
    // What a retry would do: the first try got through, so the second finds the name taken.
    storage.add({ operation: "write", type: "index", how: "fail-after" });
    await expect(repository.flush()).rejects.toThrow(withCode("STORAGE_UNREACHABLE"));
    expect((await reopen()).has("data", idOf(plain))).toBe(true);
  });

  test("an aborted backup stops its uploads with the caller's reason", async () => {
    const { repository, storage } = await repositoryFixture({ seed: 11, packBytesTarget: 1000 });
    const stop = new AbortController();
    const pause = storage.pauseBefore("write", "pack");
    await repository.saveBlob("data", seededRandom("abort").bytes(1000), stop.signal);
    const flushing = repository.flush(stop.signal);
    await pause.reached;
    stop.abort(new Error("Ctrl-C"));
    pause.resume();
    await expect(flushing).rejects.toThrow("Ctrl-C");
    expect(await storage.names("index")).toEqual([]);
  });
});

describe("loadBlob", () => {
  async function twoPlaces() {
    const fixture = await repositoryFixture({ seed: 12 });
    const plain = Buffer.from("in two packs");
    const [one, other] = [await fixture.reopen(), await fixture.reopen()]; // neither knows of the other
    for (const session of [one, other]) {
      await session.saveBlob("data", plain);
      await session.flush();
    }
    const repository = await fixture.reopen();
    expect(repository.places("data", idOf(plain))).toHaveLength(2);
    return { ...fixture, repository, plain, id: idOf(plain) };
  }

  test.each(["fail-missing", "corrupt", "cut-short"] as const)(
    "takes another place when the first answers: %s",
    async (how) => {
      const { repository, storage, plain, id } = await twoPlaces();
      if (how === "fail-missing")
        await storage.remove({ type: "pack", name: repository.places("data", id)[0]!.packId });
      else storage.add({ operation: "read", type: "pack", how });
      expect(Buffer.from(await repository.loadBlob("data", id))).toEqual(plain);
    },
  );

  test("a transmission error is read again", async () => {
    const { repository, storage } = await repositoryFixture({ seed: 13 });
    const { id } = await repository.saveBlob("data", emptyTree);
    await repository.flush();
    storage.add({ operation: "read", type: "pack", how: "corrupt" });
    expect(Buffer.from(await repository.loadBlob("data", id))).toEqual(emptyTree);
    expect(storage.hits).toBe(1);
  });

  test("damage everywhere is ENGINE_PACK_DAMAGED, packs gone is ENGINE_BLOB_MISSING, and so is an unknown id", async () => {
    const { repository, storage, id } = await twoPlaces();
    storage.add({ operation: "read", type: "pack", how: "corrupt", times: Infinity });
    await expect(repository.loadBlob("data", id)).rejects.toThrow(withCode("ENGINE_PACK_DAMAGED"));
    for (const place of repository.places("data", id)) await storage.remove({ type: "pack", name: place.packId });
    await expect(repository.loadBlob("data", id)).rejects.toThrow(withCode("ENGINE_BLOB_MISSING"));
    await expect(repository.loadBlob("tree", id)).rejects.toThrow(withCode("ENGINE_BLOB_MISSING"));
  });

  test("a storage that cannot be reached is not taken for damage", async () => {
    const { repository, storage, id } = await twoPlaces();
    storage.add({ operation: "read", type: "pack", how: "fail", times: Infinity });
    await expect(repository.loadBlob("data", id)).rejects.toThrow(withCode("STORAGE_UNREACHABLE"));
  });

  test("no more reads run at once than the storage has connections", async () => {
    const { repository, storage } = await repositoryFixture({ seed: 14 });
    const { id } = await repository.saveBlob("data", emptyTree);
    await repository.flush();
    const pauses = Array.from({ length: 8 }, (_, n) => storage.pauseBefore("read", "pack", n + 1));
    const loads = Array.from({ length: 30 }, () => repository.loadBlob("data", id));
    await pauses.at(-1)!.reached;
    await new Promise(setImmediate);
    expect(storage.calls.filter((call) => call.operation === "read" && call.type === "pack")).toHaveLength(8);
    for (const pause of pauses) pause.resume();
    await Promise.all(loads);
  });
});

describe("opening", () => {
  test("tells a wrong password, a missing repository and a damaged one apart", async () => {
    const { storage, context } = await repositoryFixture({ seed: 15 });
    const opening = (password: string, from = storage as Parameters<typeof Repository.open>[0]) =>
      Repository.open(from, { password }, context);
    await expect(opening("wrong horse")).rejects.toThrow(withCode("ENGINE_WRONG_PASSWORD"));
    await expect(opening(testPassword, memoryStorage())).rejects.toThrow(withCode("ENGINE_NO_REPOSITORY"));
    storage.add({ operation: "read", type: "key", how: "corrupt" });
    await expect(opening(testPassword)).rejects.toThrow(withCode("ENGINE_KEY_DAMAGED"));
    storage.add({ operation: "read", type: "config", how: "corrupt" });
    await expect(opening(testPassword)).rejects.toThrow(withCode("ENGINE_CONFIG_DAMAGED"));
    storage.add({ operation: "read", type: "config", how: "fail" });
    await expect(opening(testPassword)).rejects.toThrow(withCode("STORAGE_UNREACHABLE"));
    expect(storage.hits).toBe(3);
  });

  test("a damaged index file is reported, or handed to who can go on without it", async () => {
    const { repository, storage, context } = await repositoryFixture({ seed: 16 });
    await repository.saveBlob("data", emptyTree);
    await repository.flush();
    storage.add({ operation: "read", type: "index", how: "corrupt", times: Infinity });
    const again = await Repository.open(storage, { password: testPassword }, context);
    await expect(again.loadIndex()).rejects.toThrow(withCode("ENGINE_FILE_DAMAGED"));
    const damaged: string[] = [];
    await again.loadIndex(undefined, (id, error) => damaged.push(`${id} ${error.code}`));
    expect(damaged).toEqual([`${(await storage.names("index"))[0]} ENGINE_FILE_DAMAGED`]);
  });

  test("blobs of an index file that somebody removed are known no more", async () => {
    const { repository, storage } = await repositoryFixture({ seed: 17 });
    const { id } = await repository.saveBlob("data", emptyTree);
    await repository.flush();
    await repository.loadIndex();
    expect(repository.has("data", id)).toBe(true);
    for (const name of await storage.names("index")) await storage.remove({ type: "index", name });
    await repository.loadIndex();
    expect(repository.has("data", id)).toBe(false);
  });
});

describe("init", () => {
  const options = { ...testOwner, password: testPassword, kdf: testKdf };

  test("refuses a place that holds a repository", async () => {
    const { storage, context } = await repositoryFixture({ seed: 18 });
    await expect(Repository.init(storage, options, context)).rejects.toThrow(withCode("ENGINE_REPOSITORY_EXISTS"));
  });

  test("refuses a place that lost its config, so that nothing is covered up", async () => {
    const { storage, context, repository } = await repositoryFixture({ seed: 19 });
    await repository.saveUnpacked("snapshot", snapshotJson);
    await storage.remove({ type: "config", name: "" });
    await expect(Repository.init(storage, options, context)).rejects.toThrow(withCode("ENGINE_REPOSITORY_EXISTS"));
  });

  test("takes up an init that was interrupted before the config, with the same password only", async () => {
    const { storage, context } = await repositoryFixture({ seed: 20 });
    await storage.remove({ type: "config", name: "" });
    const otherwise = { ...options, password: "another" };
    await expect(Repository.init(storage, otherwise, context)).rejects.toThrow(withCode("ENGINE_REPOSITORY_EXISTS"));
    await Repository.init(storage, options, context);
    expect(await storage.names("key")).toHaveLength(1);
    await Repository.open(storage, { password: testPassword }, context);
  });

  test("refuses an empty password", async () => {
    const { context } = await repositoryFixture({ seed: 21 });
    await expect(Repository.init(memoryStorage(), { ...options, password: "" }, context)).rejects.toThrow(
      withCode("ENGINE_BAD_PASSWORD"),
    );
  });

  test("takes over another repository's polynomial when told to", async () => {
    const { context } = await repositoryFixture({ seed: 22 });
    const chunkerPolynomial = 0x3da3358b4dc173n;
    const made = await Repository.init(memoryStorage(), { ...options, chunkerPolynomial }, context);
    expect(made.chunkerPolynomial).toBe(chunkerPolynomial);
  });
});

test("nothing is ever encrypted with a nonce that was used before", async () => {
  const { repository, storage } = await repositoryFixture({ seed: 23, packBytesTarget: 10_000 });
  const same = Buffer.from("the same text twice");
  for (let round = 0; round < 200; round += 1)
    await repository.saveBlob("data", Buffer.concat([same, Buffer.of(round)]));
  await repository.flush();
  for (let round = 0; round < 200; round += 1) await repository.saveUnpacked("snapshot", snapshotJson);
  const nonces: string[] = [];
  for (const type of ["config", "index", "snapshot"] as const)
    for (const name of type === "config" ? [""] : await storage.names(type))
      nonces.push(toHex((await storage.read({ type, name })).subarray(0, 16)));
  for (const pack of repository.packs()) {
    const bytes = await storage.read({ type: "pack", name: pack.id });
    const last = pack.blobs.at(-1)!;
    for (const at of [...pack.blobs.map((blob) => blob.offset), last.offset + last.length])
      nonces.push(toHex(bytes.subarray(at, at + 16)));
  }
  expect(nonces.length).toBeGreaterThan(400);
  expect(new Set(nonces).size).toBe(nonces.length);
});

test("an index read while the lock was waited for is brought up to date before it counts", async () => {
  const { repository, storage, clock, reopen } = await repositoryFixture({ seed: "index while waiting" });
  const [gone, kept, later] = [1, 2, 3].map((byte) => Buffer.alloc(1000, byte)) as [Buffer, Buffer, Buffer];
  const save = async (session: Repository, plain: Uint8Array) => {
    const { id } = await session.saveBlob("data", plain);
    await session.flush();
    return id;
  };
  const goneId = await save(repository, gone);
  const [goneIndex] = await Array.fromAsync(storage.list("index"));
  const keptId = await save(repository, kept);
  const session = await Repository.open(storage, { password: testPassword }, repository.context);
  const owner = { ...testOwner, pid: 1, isProcessAlive: () => true };
  const lock = await passTimeUntil(clock, session.lock("shared", { ...owner, loadsIndex: true }));
  expect(session.has("data", goneId)).toBe(true);
  // Meanwhile others changed the repository, as they may have while the lock was not confirmed yet.
  await storage.remove({ type: "index", name: goneIndex!.name });
  const laterId = await save(await reopen(), later);
  await session.loadIndex();
  expect([goneId, keptId, laterId].map((id) => session.has("data", id))).toEqual([false, true, true]);
  await lock.release();
});
