import { Repository } from "../repository/repository.ts";
import {
  passTimeUntil,
  repositoryFixture,
  testPassword,
  type RepositoryFixture,
} from "../repository/repository-fixture.ts";
import { loadSnapshot } from "../snapshot/snapshot-store.ts";
import { seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { backup, type BackupOptions, type BackupResult } from "./backup.ts";
import type { BackupItem } from "./item.ts";
import type { BackupSource } from "./source.ts";
import { memorySource, type MemoryDirectory } from "./memory-source-fixture.ts";

const options: BackupOptions = {
  technology: "incremental",
  hostname: "h",
  username: "u",
  pid: 1,
  programVersion: "holdfast test",
};

const content = (text: string) => seededRandom(text).bytes(50_000);
const files: MemoryDirectory = { a: { content: content("a") }, dir: { b: { content: content("b") } } };

async function again({ storage, context }: RepositoryFixture, session: { isDryRun?: boolean } = {}) {
  return Repository.open(storage, { ...session, password: testPassword }, context);
}

/** A backup while the fixture's clock moves along. */
function run(
  { repository, clock }: RepositoryFixture,
  source: BackupSource,
  more: Partial<BackupOptions> = {},
): Promise<BackupResult> {
  return passTimeUntil(clock, backup(repository, source, { ...options, ...more }));
}

async function storedFiles({ storage }: RepositoryFixture) {
  return Promise.all((["pack", "index", "snapshot", "lock"] as const).map((type) => storage.names(type)));
}

describe("a dry run", () => {
  test("counts what a backup would do, and stores nothing, not even a lock", async () => {
    const [dry, real] = [await repositoryFixture({ seed: 1 }), await repositoryFixture({ seed: 1 })];
    const before = await storedFiles(dry);
    const would = await backup(await again(dry, { isDryRun: true }), memorySource(files), options);
    expect(await storedFiles(dry)).toEqual(before);
    const did = await run(real, memorySource(files));
    expect(would.counts).toEqual(did.counts);
    expect(would.treeId).toBe(did.treeId);
    expect(would.counts).toMatchObject({ dataBlobs: 2, treeBlobs: 2 });
  });

  test("goes on while somebody holds the repository alone", async () => {
    const fixture = await repositoryFixture({ seed: 2 });
    const owner = { hostname: "x", username: "y", pid: 2 };
    const lock = await passTimeUntil(fixture.clock, fixture.repository.lock("exclusive", owner));
    const would = await backup(await again(fixture, { isDryRun: true }), memorySource(files), options);
    expect(would.isComplete).toBe(true);
    await lock.release();
  });
});

describe("skipping what did not change", () => {
  test("leaves the parent as the newest snapshot", async () => {
    const fixture = await repositoryFixture({ seed: 3 });
    const first = await run(fixture, memorySource(files));
    const second = await run(fixture, memorySource(files), { skipIfUnchanged: true });
    expect(second).toMatchObject({ isSkipped: true, snapshotId: first.snapshotId, parentId: first.snapshotId });
    expect(await fixture.storage.names("snapshot")).toEqual([first.snapshotId]);
  });

  test("makes a snapshot of anything new, and of a first backup", async () => {
    const fixture = await repositoryFixture({ seed: 4 });
    const skipping = { skipIfUnchanged: true };
    expect(await run(fixture, memorySource(files), skipping)).toMatchObject({ isSkipped: false });
    const changed = { ...files, c: { content: "new" } };
    expect(await run(fixture, memorySource(changed), skipping)).toMatchObject({ isSkipped: false });
    expect(await fixture.storage.names("snapshot")).toHaveLength(2);
  });
});

describe("what makes a file changed", () => {
  const withNode = (node: object): MemoryDirectory => ({ a: { content: content("a"), node } });
  const moved = { inode: 77n };
  const touched = { ctime: { ns: 5n, offsetS: 0 } };
  test.each([
    ["its inode, unless that is ignored", moved, {}, ["a"]],
    ["its inode, also when change times are ignored", moved, { ctime: true }, ["a"]],
    ["not its inode when that is ignored", moved, { inode: true }, []],
    ["its change time", touched, {}, ["a"]],
    ["not its change time when that is ignored", touched, { ctime: true }, []],
    ["not its change time when inodes are ignored", touched, { inode: true }, []],
  ])("%s", async (_, node, ignoredChanges, opened) => {
    const fixture = await repositoryFixture({ seed: 5 });
    await run(fixture, memorySource(withNode({})));
    const source = memorySource(withNode(node));
    await run(fixture, source, { ignoredChanges });
    expect(source.opened).toEqual(opened);
  });
});

describe("the parent", () => {
  test("is looked for among snapshots of the same host, paths or tags as asked", async () => {
    const fixture = await repositoryFixture({ seed: 6 });
    const first = await run(fixture, memorySource(files), { hostname: "other", tags: ["t"] });
    const of = async (groupBy: BackupOptions["groupBy"], more: Partial<BackupOptions> = {}) => {
      const all = { ...more, ...(groupBy !== undefined && { groupBy }), skipIfUnchanged: true };
      return (await run(fixture, memorySource(files), all)).parentId;
    };
    const none = { host: false, paths: false, tags: false };
    expect(await of({ ...none, paths: true })).toBe(first.snapshotId);
    expect(await of({ ...none, tags: true }, { tags: ["t"] })).toBe(first.snapshotId);
    expect(await of(none)).toBe(first.snapshotId);
    expect(await of({ ...none, host: true })).toBe(undefined);
  });

  test("is not younger than the time the snapshot is told to have", async () => {
    const fixture = await repositoryFixture({ seed: 7 });
    await run(fixture, memorySource(files));
    const time = { ns: 1_000_000_000n, offsetS: 0 };
    const early = await run(fixture, memorySource(files), { time });
    expect(early.parentId).toBe(undefined);
    const snapshot = await loadSnapshot(fixture.repository, early.snapshotId);
    expect(snapshot.time.ns).toBe(time.ns);
    expect(snapshot.summary?.backupStart.ns).toBeGreaterThan(time.ns);
  });
});

test("each file and directory is told with what became of it and what it added", async () => {
  const fixture = await repositoryFixture({ seed: 8 });
  const told: BackupItem[] = [];
  const telling = { onItem: (item: BackupItem) => told.push(item) };
  const first = await run(fixture, memorySource(files), telling);
  expect(told.map(({ path, action, isDirectory }) => [path, action, isDirectory])).toEqual([
    ["/a", "new", false],
    ["/dir/b", "new", false],
    ["/dir/", "new", true],
  ]);
  expect(told[0]!.added.plainBytes).toBe(50_000);
  const rootTree = first.counts.dataAdded - told.reduce((sum, { added }) => sum + added.plainBytes, 0);
  expect(rootTree).toBeGreaterThan(0);
  told.length = 0;
  await run(fixture, memorySource({ ...files, a: { content: "another size" } }), telling);
  expect(told.map(({ path, action }) => `${path} ${action}`).sort()).toEqual([
    "/a modified",
    "/dir/ unchanged",
    "/dir/b unchanged",
  ]);
  expect(told.find(({ path }) => path === "/dir/b")!.added).toEqual({ plainBytes: 0, storedBytes: 0 });
});

test("a source that turns out to be no good as a whole leaves no snapshot", async () => {
  const fixture = await repositoryFixture({ seed: 9 });
  const failed = new AbortController();
  const error = Object.assign(new Error("gone"), { code: "EIO" });
  const stream = memorySource({ dir: { a: { content: "x".repeat(10), readFault: { afterBytes: 5, error } } } });
  const source = { ...stream, failed: failed.signal };
  const why = new Error("the command failed");
  const running = run(fixture, source, { onProblem: () => failed.abort(why) });
  await expect(running).rejects.toBe(why);
  expect(await fixture.storage.names("snapshot")).toEqual([]);
  expect(await fixture.storage.names("lock")).toEqual([]);
});

test.each(["auto", "off", "fastest", "better", "max"] as const)("compression %s reads back", async (compression) => {
  const { repository, reopen } = await repositoryFixture({ seed: 10, compression });
  const plain = Buffer.from("again and again ".repeat(10_000));
  const saved = await repository.saveBlob("data", plain);
  await repository.flush();
  expect(Buffer.from(await (await reopen()).loadBlob("data", saved.id))).toEqual(plain);
  expect(saved.storedBytes > plain.length).toBe(compression === "off");
});
