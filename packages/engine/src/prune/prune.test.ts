import { HoldfastError, MiB } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import { faultyStorage, seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { Repository } from "../repository/repository.ts";
import { passTimeUntil, testOwner, testPassword } from "../repository/repository-fixture.ts";
import { prunableFixture, saveState, type PrunableFixture } from "./prunable-fixture.ts";
import { prune, type PruneOptions } from "./prune.ts";

const nothingUnused = { kind: "bytes", bytes: 0 } as const;
const lock = { ...testOwner, pid: 4711, isProcessAlive: () => true };

async function pruned(fixture: PrunableFixture, options: PruneOptions = {}) {
  return prune(await fixture.open(), { maxUnused: nothingUnused, ...options });
}

/** The blobs that are stored, and how many bytes the packs take. */
async function stored(fixture: PrunableFixture) {
  const repository = await fixture.open();
  await repository.loadIndex();
  const blobs = [...repository.packs()].flatMap((pack) => pack.blobs.map(({ type, id }) => `${type} ${id}`));
  return { blobs: blobs.sort(), packs: (await fixture.storage.names("pack")).length };
}

test("what no snapshot needs is gone, and everything else is sound", async () => {
  const fixture = await prunableFixture({ seed: 1 });
  const before = await stored(fixture);
  await fixture.forget(fixture.ids[0]!, fixture.ids[1]!);
  const { plan, filesRefused, packsSpared } = await pruned(fixture);
  expect({ filesRefused, packsSpared }).toEqual({ filesRefused: 0, packsSpared: 0 });
  expect(plan.repack.length).toBeGreaterThan(0);
  expect(plan.remove.length).toBeGreaterThan(0);
  expect(await fixture.errors()).toEqual([]);
  const after = await stored(fixture);
  expect(after.blobs.length).toBe(plan.statistics.blobs.used);
  expect(after.blobs.length).toBeLessThan(before.blobs.length);
  expect(new Set(after.blobs).size).toBe(after.blobs.length); // no blob twice
  expect(await fixture.storage.names("index")).toHaveLength(1);
});

test("without snapshots nothing is left at all", async () => {
  const fixture = await prunableFixture({ seed: 2 });
  await fixture.forget(...fixture.ids);
  await pruned(fixture);
  expect(await fixture.storage.names("pack")).toEqual([]);
  expect(await fixture.storage.names("index")).toEqual([]);
});

test("a second prune finds nothing to do, and writes and removes nothing", async () => {
  const fixture = await prunableFixture({ seed: 3 });
  await fixture.forget(fixture.ids[0]!);
  await pruned(fixture);
  const before = fixture.storage.calls.length;
  const { plan } = await pruned(fixture);
  expect(plan).toMatchObject({ repack: [], remove: [], unindexed: [], missing: [] });
  const probe = 1; // the removal of a name that nobody has: an append-only storage refuses it
  const changes = fixture.storage.calls.slice(before).filter(({ operation }) => /write|remove/.test(operation));
  expect(changes).toHaveLength(probe);
});

test("a dry run changes nothing and says the same", async () => {
  const fixture = await prunableFixture({ seed: 4 });
  const before = fixture.storage.calls.length;
  const dry = await pruned(fixture, { isDryRun: true, withoutSnapshots: new Set(fixture.ids.slice(0, 2)) });
  const changes = fixture.storage.calls.slice(before).filter(({ operation }) => /write|remove/.test(operation));
  expect(changes).toEqual([]);
  await fixture.forget(...fixture.ids.slice(0, 2));
  expect((await pruned(fixture)).plan).toEqual(dry.plan);
});

test("a blob moves with the bytes it had, unless it was stored without compression and must be compressed", async () => {
  const fixture = await prunableFixture({ seed: 5 });
  await fixture.forget(fixture.ids[0]!);
  const sealed = async () => {
    const repository = await fixture.open();
    await repository.loadIndex();
    const found = new Map<string, string>();
    for (const { id, blobs } of repository.packs()) {
      for (const { type, id: blob, offset, length } of blobs) {
        const bytes = await fixture.storage.read({ type: "pack", name: id }, { offset, length });
        found.set(`${type} ${blob}`, Buffer.from(bytes).toString("hex"));
      }
    }
    return found;
  };
  const before = await sealed();
  const { plan } = await pruned(fixture);
  expect(plan.repack.length).toBeGreaterThan(0);
  for (const [blob, bytes] of await sealed()) expect(bytes).toBe(before.get(blob));
});

test("a version 1 repository is pruned as well, and is not asked to compress", async () => {
  const fixture = await prunableFixture({ seed: 6, version: 1 });
  await fixture.forget(fixture.ids[0]!);
  await expect(pruned(fixture, { repackUncompressed: true })).rejects.toMatchObject({ code: "ENGINE_PRUNE_OPTION" });
  await pruned(fixture);
  expect(await fixture.errors()).toEqual([]);
});

describe("blobs stored twice", () => {
  async function withDuplicates(seed: number) {
    const fixture = await prunableFixture({ seed, snapshots: 1 });
    const random = seededRandom("both");
    const files = Array.from({ length: 5 }, () => random.bytes(700));
    const [left, right] = [await fixture.open(), await fixture.open()]; // neither knows of the other's
    await saveState(left, files, 1);
    await saveState(right, files, 2);
    return fixture;
  }

  test("are stored once afterwards", async () => {
    const fixture = await withDuplicates(7);
    const { plan } = await pruned(fixture);
    expect(plan.statistics.blobs.duplicate).toBe(7);
    const { blobs } = await stored(fixture);
    expect(new Set(blobs).size).toBe(blobs.length);
    expect(await fixture.errors()).toEqual([]);
  });

  test("are taken from the pack that is there when the other is gone", async () => {
    const fixture = await withDuplicates(8);
    const repository = await fixture.open();
    await repository.loadIndex();
    const [twice] = [...repository.packs()].filter(({ blobs }) => repository.places("data", blobs[0]!.id).length > 1);
    await fixture.storage.remove({ type: "pack", name: twice!.id });
    await pruned(fixture);
    expect(await fixture.errors()).toEqual([]);
  });
});

describe("nothing is removed when", () => {
  async function refused(fixture: PrunableFixture) {
    await fixture.forget(fixture.ids[0]!);
    const before = fixture.storage.calls.length;
    const error = await pruned(fixture).catch((thrown: unknown) => thrown);
    const changes = fixture.storage.calls.slice(before).filter(({ operation }) => /write|remove/.test(operation));
    return { error, changes: changes.slice(1) }; // the first asks whether the storage is append-only
  }

  async function packOf(fixture: PrunableFixture, type: "data" | "tree") {
    await fixture.repository.loadIndex();
    const packs = [...fixture.repository.packs()].filter(({ blobs }) => blobs[0]!.type === type);
    return { type: "pack", name: packs.at(-1)!.id } as const;
  }

  test.each(["data", "tree"] as const)("a pack of %s that is needed is gone", async (type) => {
    const fixture = await prunableFixture({ seed: 9 });
    await fixture.storage.remove(await packOf(fixture, type));
    const { error, changes } = await refused(fixture);
    expect(error).toMatchObject({ code: "ENGINE_PRUNE_REFUSED" });
    expect(changes).toEqual([]);
  });

  test("a pack that is needed is cut short", async () => {
    const fixture = await prunableFixture({ seed: 10 });
    const pack = await packOf(fixture, "data");
    const bytes = await fixture.storage.read(pack);
    await fixture.storage.remove(pack);
    await fixture.storage.write(pack, bytes.subarray(0, -1));
    expect(await refused(fixture)).toMatchObject({ error: { code: "ENGINE_PRUNE_REFUSED" }, changes: [] });
  });

  test("a tree is damaged; the snapshot is named", async () => {
    const fixture = await prunableFixture({ seed: 11 });
    const pack = await packOf(fixture, "tree");
    const bytes = new Uint8Array(await fixture.storage.read(pack));
    bytes[40]! ^= 1;
    await fixture.storage.remove(pack);
    await fixture.storage.write(pack, bytes);
    const { error, changes } = await refused(fixture);
    expect(error).toMatchObject({ code: "ENGINE_PRUNE_REFUSED" });
    expect(fixture.ids.some((id) => String(error).includes(id.slice(0, 8)))).toBe(true);
    expect(changes).toEqual([]);
  });

  test("an index file is gone", async () => {
    const fixture = await prunableFixture({ seed: 12 });
    await fixture.storage.remove({ type: "index", name: (await fixture.storage.names("index"))[1]! });
    expect(await refused(fixture)).toMatchObject({ error: { code: "ENGINE_PRUNE_REFUSED" }, changes: [] });
  });

  test("a snapshot cannot be read", async () => {
    const fixture = await prunableFixture({ seed: 13 });
    await fixture.storage.remove({ type: "snapshot", name: fixture.ids[2]! });
    await fixture.storage.write({ type: "snapshot", name: fixture.ids[2]! }, new Uint8Array(100));
    expect(await refused(fixture)).toMatchObject({ error: { code: "ENGINE_PRUNE_REFUSED" }, changes: [] });
  });

  test("the storage is append-only", async () => {
    const fixture = await prunableFixture({ seed: 14 });
    await fixture.forget(fixture.ids[0]!);
    const error = new HoldfastError(storageErrors.denied, "append-only");
    fixture.storage.add({ operation: "remove", how: "fail", times: Infinity, error });
    const before = fixture.storage.calls.length;
    await expect(pruned(fixture)).rejects.toMatchObject({ code: "STORAGE_DENIED" });
    expect(fixture.storage.calls.slice(before).filter(({ operation }) => operation === "write")).toEqual([]);
  });
});

test("a pack that is missing, and that nobody needs, is taken out of the index", async () => {
  const fixture = await prunableFixture({ seed: 15 });
  await fixture.forget(...fixture.ids);
  const [first] = await fixture.storage.names("pack");
  await fixture.storage.remove({ type: "pack", name: first! });
  expect((await pruned(fixture)).plan.missing).toEqual([first]);
  expect(await fixture.storage.names("index")).toEqual([]);
});

test("packs that no index names are removed", async () => {
  const fixture = await prunableFixture({ seed: 16 });
  const [index] = await fixture.storage.names("index");
  await fixture.forget(...fixture.ids);
  await fixture.storage.remove({ type: "index", name: index! });
  const { plan } = await pruned(fixture);
  expect(plan.unindexed.length).toBeGreaterThan(0);
  expect(await fixture.storage.names("pack")).toEqual([]);
});

test("what is under an object lock stays, with the packs that it names, and is counted", async () => {
  const fixture = await prunableFixture({ seed: 17 });
  await fixture.forget(fixture.ids[0]!, fixture.ids[1]!);
  const error = new HoldfastError(storageErrors.denied, "locked until next year");
  fixture.storage.add({ operation: "remove", type: "index", how: "fail", error });
  fixture.storage.add({ operation: "remove", type: "pack", nth: 2, how: "fail", error });
  const { filesRefused } = await pruned(fixture);
  expect(filesRefused).toBe(2);
  expect(await fixture.errors()).toEqual([]);
  await pruned(fixture);
  expect(await fixture.errors()).toEqual([]);
});

test("a full disk is freed without anything being written first, as far as that can be", async () => {
  const fixture = await prunableFixture({ seed: 18 });
  await fixture.forget(fixture.ids[0]!, fixture.ids[1]!, fixture.ids[2]!);
  await expect(pruned(fixture, { recoverNoFreeSpace: "yes" })).rejects.toMatchObject({ code: "ENGINE_PRUNE_OPTION" });
  const { plan } = await pruned(fixture, { recoverNoFreeSpace: fixture.repository.id });
  expect(plan.repack).toEqual([]);
  expect(plan.remove.length).toBeGreaterThan(0);
  expect(await fixture.errors()).toEqual([]);
});

describe("a pack that is to be emptied and has a damaged blob", () => {
  /** Flips a bit in every blob of one such pack of contents. */
  async function withDamage(seed: number) {
    const fixture = await prunableFixture({ seed });
    await fixture.forget(fixture.ids[0]!);
    const repository = await fixture.reopen();
    const { plan } = await prune(repository, { maxUnused: nothingUnused, isDryRun: true });
    const emptied = [...repository.packs()].find(
      ({ id, blobs }) => plan.repack.includes(id) && blobs[0]!.type === "data",
    );
    const plain = await Promise.all(emptied!.blobs.map(({ type, id }) => repository.loadBlob(type, id)));
    const pack = { type: "pack", name: emptied!.id } as const;
    const bytes = new Uint8Array(await fixture.storage.read(pack));
    for (const { offset } of emptied!.blobs) bytes[offset + 20]! ^= 1;
    await fixture.storage.remove(pack);
    await fixture.storage.write(pack, bytes);
    return { fixture, plain };
  }

  test("ends the prune before anything is removed", async () => {
    const { fixture } = await withDamage(23);
    const before = await fixture.storage.names("pack");
    await expect(pruned(fixture)).rejects.toMatchObject({ code: "ENGINE_PRUNE_REFUSED" });
    expect(new Set(await fixture.storage.names("pack")).isSupersetOf(new Set(before))).toBe(true);
  });

  test("is no obstacle when another pack has the blob whole", async () => {
    const { fixture, plain } = await withDamage(24);
    const another = await fixture.open(); // its index is not loaded, so it stores everything again
    for (const bytes of plain) await another.saveBlob("data", bytes);
    await another.flush();
    await pruned(fixture);
    expect(await fixture.errors()).toEqual([]);
  });
});

test("large packs are proven in threads", async () => {
  const fixture = await prunableFixture({ seed: 25, packBytesTarget: 16 * MiB });
  const random = seededRandom("large");
  const repository = await fixture.reopen({ packBytesTarget: 16 * MiB });
  const files = Array.from({ length: 90 }, () => random.bytes(MiB));
  const whole = await saveState(repository, files, 10);
  const half = await saveState(
    repository,
    files.filter((_, at) => at % 2 === 0),
    11,
  );
  await fixture.forget(...fixture.ids, whole);
  const { plan } = await prune(await fixture.reopen({ packBytesTarget: 16 * MiB }), { maxUnused: nothingUnused });
  expect(plan.statistics.bytes).toMatchObject({ remainingUnused: 0 });
  expect(plan.statistics.bytes.repack).toBeGreaterThan(64 * MiB);
  expect(await fixture.storage.names("snapshot")).toEqual([half]);
  expect(await fixture.errors()).toEqual([]);
});

test("killed at any moment, the repository is whole and the next prune ends well", async () => {
  let states = 0;
  for (let isKilled = true; isKilled;) {
    const fixture = await prunableFixture({ seed: 19 });
    await fixture.forget(fixture.ids[0]!, fixture.ids[1]!);
    const dying = faultyStorage(fixture.storage, [
      { operation: ["write", "remove"], nth: states + 1, times: Infinity, how: "fail" },
    ]);
    const repository = await Repository.open(dying, { password: testPassword, packBytesTarget: 4000 }, fixture.context);
    await prune(repository, { maxUnused: nothingUnused }).catch(() => {});
    isKilled = dying.hits > 0;
    states += 1;
    expect(await fixture.errors()).toEqual([]);
    await pruned(fixture);
    expect(await fixture.errors()).toEqual([]);
    const { blobs } = await stored(fixture);
    expect(new Set(blobs).size).toBe(blobs.length);
  }
  expect(states).toBeGreaterThan(10);
});

describe("with others at work", () => {
  test("a snapshot that appears after the plan keeps what it needs", async () => {
    const fixture = await prunableFixture({ seed: 20 });
    await fixture.forget(fixture.ids[0]!);
    const forgotten = seededRandom("content of 20");
    const first = Array.from({ length: 9 }, () => forgotten.bytes(700)); // what only the forgotten snapshot had
    for (let change = 0; change < 3; change += 1) first[change * 2] = forgotten.bytes(700);
    const beside = await fixture.reopen({ packBytesTarget: 4000 });
    const repository = await fixture.open();
    const commits = fixture.storage.pauseBefore("list", "snapshot", 2);
    const running = prune(repository, { maxUnused: nothingUnused });
    await commits.reached;
    await saveState(beside, first, 9); // it counts on blobs that the plan means to remove
    commits.resume();
    expect((await running).packsSpared).toBeGreaterThan(0);
    expect(await fixture.errors()).toEqual([]);
  });

  test("a prune waits with removing until a backup beside it has ended", async () => {
    const fixture = await prunableFixture({ seed: 21 });
    await fixture.forget(fixture.ids[0]!, fixture.ids[1]!);
    const backup = await fixture.reopen();
    const held = await passTimeUntil(fixture.clock, backup.lock("shared", lock));
    const phases: string[] = [];
    const repository = await fixture.open();
    const running = prune(repository, { maxUnused: nothingUnused, lock }, ({ phase }) => {
      phases.push(phase);
      if (phase === "waiting") void fixture.clock.sleep(30_000).then(() => held.release());
    });
    await passTimeUntil(fixture.clock, running);
    expect([...new Set(phases)]).toEqual(["trees", "repack", "waiting", "removing"]);
    expect(await fixture.errors()).toEqual([]);
    expect(await fixture.storage.names("lock")).toEqual([]);
  });

  test("two prunes at once both end, and lose nothing", async () => {
    const fixture = await prunableFixture({ seed: 22 });
    await fixture.forget(fixture.ids[0]!, fixture.ids[1]!);
    const [left, right] = [await fixture.open(), await fixture.open()];
    const both = Promise.all([left, right].map((each) => prune(each, { maxUnused: nothingUnused, lock })));
    await passTimeUntil(fixture.clock, both, 50);
    expect(await fixture.errors()).toEqual([]);
    expect(await fixture.storage.names("lock")).toEqual([]);
    await pruned(fixture);
    const { blobs } = await stored(fixture);
    expect(new Set(blobs).size).toBe(blobs.length);
  });
});
