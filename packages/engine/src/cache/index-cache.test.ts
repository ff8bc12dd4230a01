import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog } from "@holdfast/base";
import { memoryStorage, type Storage } from "@holdfast/storage";
import { manualClock, seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { idFromBytes, isId, type Id } from "../id.ts";
import { Repository } from "../repository/repository.ts";
import { testKdf, testOwner, testPassword } from "../repository/repository-fixture.ts";

const random = seededRandom("index cache");
const context = { clock: manualClock(), random, log: silentLog };
const newId = () => idFromBytes(random.bytes(32));

type Pack = Parameters<Repository["saveIndex"]>[0][number];

function newPack(blobs: number): Pack {
  const blobsOf = Array.from({ length: blobs }, (_, at): Pack["blobs"][number] => {
    return { type: "data", id: newId(), offset: at * 100, length: 100, uncompressedLength: at % 2 === 0 ? 0 : 300 };
  });
  return { id: newId(), blobs: blobsOf };
}

/** A repository with index files and a cache, and what a session that uses both believes. */
async function indexed(filesOf: readonly number[] = [5000]) {
  const storage = memoryStorage();
  const folder = await temporaryDirectory();
  const writer = await Repository.init(storage, { ...testOwner, password: testPassword, kdf: testKdf }, context);
  const packs: Pack[] = [];
  const addFile = async (blobs: number): Promise<Id> => {
    const pack = newPack(blobs);
    packs.push(pack);
    return writer.saveIndex([pack]);
  };
  const files: Id[] = [];
  for (const blobs of filesOf) files.push(await addFile(blobs));
  const own = join(folder, writer.id, "holdfast", "index");
  return { storage, folder, writer, packs, files, addFile, own };
}

/** A session on the storage, and which index files it read to know the index. Only the cached index is left to it. */
async function open(storage: Storage, folder: string) {
  for (const id of (await readdir(folder)).filter(isId)) await rm(join(folder, id, "index"), { recursive: true });
  const read: string[] = [];
  const watched: Storage = {
    ...storage,
    location: storage.location,
    properties: storage.properties,
    create: (signal) => storage.create(signal),
    stat: (file, signal) => storage.stat(file, signal),
    stream: (file, range, signal) => storage.stream(file, range, signal),
    write: (file, body, signal) => storage.write(file, body, signal),
    remove: (file, signal) => storage.remove(file, signal),
    list: (type, signal) => storage.list(type, signal),
    close: () => storage.close(),
    read: (file, range, signal) => {
      if (file.type === "index") read.push(file.name);
      return storage.read(file, range, signal);
    },
  };
  const repository = await Repository.open(
    watched,
    { password: testPassword, cache: { folder, hasIndex: true } },
    context,
  );
  await repository.loadIndex();
  return { repository, read };
}

function expectKnown(repository: Repository, packs: readonly Pack[]): void {
  expect([...repository.packs()].sort(byId)).toEqual([...packs].sort(byId));
  for (const pack of packs) {
    const blob = pack.blobs[pack.blobs.length >> 1]!;
    expect(repository.has("data", blob.id)).toBe(true);
    expect(repository.places("data", blob.id)).toHaveLength(1);
    expect(repository.has("tree", blob.id)).toBe(false);
  }
}

const byId = (left: { id: string }, right: { id: string }) => (left.id < right.id ? -1 : 1);

test("the second session reads no index file and knows the same", async () => {
  const { storage, folder, packs, files } = await indexed([4000, 3000]);
  const first = await open(storage, folder);
  expect(first.read.toSorted()).toEqual(files.toSorted());
  const second = await open(storage, folder);
  expect(second.read).toEqual([]);
  expectKnown(second.repository, packs);
  expect(second.repository.wholeIndex.files.size).toBe(2);
  expect(second.repository.has("data", newId())).toBe(false);
});

test("what came since is read and added, and the whole becomes one file again when it is much", async () => {
  const { storage, folder, packs, addFile, own } = await indexed([30_000]);
  await open(storage, folder);
  const small = await addFile(4100);
  expect((await open(storage, folder)).read).toEqual([small]);
  expect(await readdir(own)).toHaveLength(2);
  const third = await open(storage, folder);
  expect(third.read).toEqual([]);
  expectKnown(third.repository, packs);
  const large = await addFile(9000);
  expect((await open(storage, folder)).read).toEqual([large]);
  expect(await readdir(own)).toHaveLength(1);
  const last = await open(storage, folder);
  expect(last.read).toEqual([]);
  expectKnown(last.repository, packs);
});

test("two sessions that fill it at once leave one cache that both agree with", async () => {
  const { storage, folder, packs, own } = await indexed([4000, 3000]);
  await Promise.all([open(storage, folder), open(storage, folder)]);
  const next = await open(storage, folder);
  expect(next.read).toEqual([]);
  expectKnown(next.repository, packs);
  expect(await readdir(own)).toHaveLength(1);
});

test("blobs of an index file that is gone are not known, whatever the cache says", async () => {
  const { storage, folder, packs, files, own } = await indexed([4000, 5000]);
  await open(storage, folder);
  await storage.remove({ type: "index", name: files[0]! });
  const after = await open(storage, folder);
  expectKnown(after.repository, [packs[1]!]);
  expect(after.repository.has("data", packs[0]!.blobs[0]!.id)).toBe(false);
  expect(await readdir(own)).toHaveLength(1); // of the one file that is left
});

test("an older cache that is put back says nothing of what was removed since", async () => {
  const { storage, folder, packs, files, own } = await indexed([4000, 5000]);
  await open(storage, folder);
  const [name] = await readdir(own);
  const old = await readFile(join(own, name!));
  await storage.remove({ type: "index", name: files[1]! });
  await open(storage, folder);
  await writeFile(join(own, name!), old);
  const after = await open(storage, folder);
  expectKnown(after.repository, [packs[0]!]);
});

test("the cache of another repository is refused, also under this one's name", async () => {
  const [one, two] = [await indexed([5000]), await indexed([5000])];
  await open(one.storage, one.folder);
  await open(two.storage, two.folder);
  const [name] = await readdir(one.own);
  await mkdir(two.own, { recursive: true });
  await copyFile(join(one.own, name!), join(two.own, name!));
  const after = await open(two.storage, two.folder);
  expect(after.read).toEqual([]); // its own is still good
  expectKnown(after.repository, two.packs);
  expect(await readdir(two.own)).not.toContain(name);
});

test("no flipped bit and no cut makes a blob known that is not, or hides one (seeded)", async () => {
  const { storage, folder, packs, own } = await indexed([4096]);
  await open(storage, folder);
  const [name] = await readdir(own);
  const good = await readFile(join(own, name!));
  for (let round = 0; round < 40; round += 1) {
    const bad = Buffer.from(good);
    const position = Buffer.from(random.bytes(4)).readUInt32LE() % good.length;
    if (round % 2 === 0) bad[position]! ^= 1 << (round % 8);
    const kept = round % 2 === 0 ? bad : bad.subarray(0, position);
    for (const left of await readdir(own)) await writeFile(join(own, left), kept);
    const { repository, read } = await open(storage, folder);
    expect(read).toHaveLength(1); // the damaged cache was noticed, and the index file read instead
    expectKnown(repository, packs);
  }
});

test("no pack is removed by a session that believed it", async () => {
  const { storage, folder, packs } = await indexed([5000]);
  await open(storage, folder);
  const { repository } = await open(storage, folder);
  await expect(repository.removeFile("pack", packs[0]!.id)).rejects.toThrow("read every index file");
  await expect(repository.removeFile("snapshot", newId())).resolves.toBeUndefined();
});

test("a session that may not use it reads the index files themselves", async () => {
  const { storage, folder, packs } = await indexed([5000]);
  await open(storage, folder);
  const options = { password: testPassword, cache: { folder, hasIndex: false } };
  const repository = await Repository.open(storage, options, context);
  await repository.loadIndex();
  expectKnown(repository, packs);
});
