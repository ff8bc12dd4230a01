import { describe, expect, test } from "vitest";
import { MiB } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { parseId, type BlobId } from "../id.ts";
import { repositoryFixture, passTimeUntil, type RepositoryFixture } from "../repository/repository-fixture.ts";
import type { Repository } from "../repository/repository.ts";
import { findNode, walkTree } from "../restore/walk-tree.ts";
import { listSnapshots } from "../snapshot/snapshot-store.ts";
import { localTimestamp } from "../tree/timestamp.ts";
import { backup, type BackupOptions } from "./backup.ts";
import { memorySource, type MemoryDirectory, type MemorySource } from "./memory-source-fixture.ts";

const seed = 20_262;
const options: BackupOptions = {
  technology: "incremental",
  hostname: "testhost",
  username: "tester",
  pid: 1,
  programVersion: "holdfast 0.0.0",
};

/** Runs a backup in a session of its own while the fixture's clock is moved along. */
async function run(
  fixture: RepositoryFixture,
  source: MemorySource,
  more: Partial<BackupOptions> = {},
  signal?: AbortSignal,
) {
  fixture.clock.advanceMs(1000);
  const session = await fixture.reopen();
  return passTimeUntil(
    fixture.clock,
    backup(session, source, { ...options, ...more }, () => {}, signal),
  );
}

async function pathsIn(repository: Repository): Promise<string[]> {
  const [latest] = (await listSnapshots(repository, () => {})).toReversed();
  const paths: string[] = [];
  for await (const step of walkTree(repository, latest!.tree, { onFault: () => expect.fail("damage") })) {
    if (step.kind !== "leave")
      paths.push(Buffer.concat(step.names.flatMap((name) => [Buffer.from("/"), name])).toString("latin1"));
  }
  return paths;
}

/** Takes the pack that holds a data chunk out of the index, as if it had been lost and the index repaired. */
async function forgetPackOf({ repository, storage }: RepositoryFixture, chunk: BlobId): Promise<void> {
  for (const name of await storage.names("index")) {
    const index = JSON.parse(Buffer.from(await repository.loadUnpacked("index", parseId(name))).toString());
    const kept = index.packs.filter((pack: { blobs: { id: string }[] }) => pack.blobs.every(({ id }) => id !== chunk));
    await repository.saveUnpacked("index", Buffer.from(JSON.stringify({ packs: kept })));
    await storage.remove({ type: "index", name });
  }
}

const systemError = (code: string) => Object.assign(new Error(`${code}: in a test`), { code });

describe("an incremental backup", () => {
  const tree: MemoryDirectory = { a: "one", dir: { b: "two", "\xff": "three", empty: "" }, none: {} };

  test("reads nothing that the parent has, and adds only what differs", async () => {
    const fixture = await repositoryFixture({ seed });
    const first = await run(fixture, memorySource(tree));
    expect(first.counts).toMatchObject({
      filesNew: 4,
      dirsNew: 2,
      dataBlobs: 3,
      treeBlobs: 3,
      totalBytesProcessed: 11,
    });

    const again = memorySource(tree);
    const second = await run(fixture, again);
    expect(again.opened).toEqual([]);
    expect(second).toMatchObject({ parentId: first.snapshotId, treeId: first.treeId, isComplete: true });
    expect(second.counts).toMatchObject({
      filesUnmodified: 4,
      dirsUnmodified: 2,
      dataBlobs: 0,
      treeBlobs: 0,
      dataAdded: 0,
      totalBytesProcessed: 11,
    });
    expect(await fixture.storage.names("snapshot")).toHaveLength(2);
  });

  test.each([
    ["its size", { size: 4n }],
    ["its modification time by a nanosecond", { mtime: localTimestamp(1_767_225_600_123_456_790n) }],
    ["its change time", { ctime: localTimestamp(0n) }],
    ["its inode", { inode: 99n }],
  ])("reads a file again when %s differs", async (_, node) => {
    const fixture = await repositoryFixture({ seed });
    await run(fixture, memorySource({ a: "one", b: "two" }));
    const changed = memorySource({ a: { content: "one", node }, b: "two" });
    const { counts } = await run(fixture, changed);
    expect(changed.opened).toEqual(["a"]);
    expect(counts).toMatchObject({ filesNew: 0, totalFilesProcessed: 2, dataBlobs: 0 });
  });

  test("takes metadata anew also of a file that it does not read", async () => {
    const fixture = await repositoryFixture({ seed });
    await run(fixture, memorySource({ a: "one" }));
    const source = memorySource({ a: { content: "one", node: { mode: 0o600, user: "new" } } });
    const { treeId, counts } = await run(fixture, source);
    expect(source.opened).toEqual([]);
    expect(counts).toMatchObject({ filesUnmodified: 1, treeBlobs: 1 });
    expect(await findNode(await fixture.reopen(), treeId, [Buffer.from("a")])).toMatchObject({
      mode: 0o600,
      user: "new",
    });
  });

  test("heals: a file whose chunk is in no index any more is read and stored again, and that is said", async () => {
    const fixture = await repositoryFixture({ seed });
    const first = await run(fixture, memorySource({ a: "one", b: "two" }));
    const chunk = (await findNode(await fixture.reopen(), first.treeId, [Buffer.from("b")])).content![0]!;
    await forgetPackOf(fixture, chunk);
    const second = await run(fixture, memorySource({ a: "one", b: "two" }));
    expect(second.problems.first).toMatchObject([
      { path: "/a", code: "ENGINE_BLOB_MISSING" },
      { path: "/b", code: "ENGINE_BLOB_MISSING" },
    ]);
    expect(second).toMatchObject({ treeId: first.treeId, isComplete: false });
    expect((await fixture.reopen()).has("data", chunk)).toBe(true);
    expect(await run(fixture, memorySource({ a: "one", b: "two" }))).toMatchObject({ isComplete: true });
  });

  test("compares with the snapshot it is told to", async () => {
    const fixture = await repositoryFixture({ seed });
    const first = await run(fixture, memorySource({ a: "one" }));
    await run(fixture, memorySource({ a: "two" }));
    const { parentId } = await run(fixture, memorySource({ a: "one" }), { parentId: first.snapshotId });
    expect(parentId).toBe(first.snapshotId);
  });

  test("has no parent among the snapshots of other hosts or other paths", async () => {
    const fixture = await repositoryFixture({ seed });
    await run(fixture, memorySource({ a: "one" }));
    expect((await run(fixture, memorySource({ a: "one" }), { hostname: "other" })).parentId).toBeUndefined();
    expect((await run(fixture, memorySource({ a: "one" }, "/elsewhere"))).parentId).toBeUndefined();
  });
});

test("a full backup reads every byte again, has no parent, and can be told by its tag", async () => {
  const fixture = await repositoryFixture({ seed });
  await run(fixture, memorySource({ a: "one", b: "two" }));
  const source = memorySource({ a: "one", b: "two" });
  const { counts, parentId, snapshotId } = await run(fixture, source, { technology: "full", tags: ["nightly"] });
  expect(source.opened.toSorted()).toEqual(["a", "b"]);
  expect(parentId).toBeUndefined();
  expect(counts).toMatchObject({ filesNew: 2, dataBlobs: 0, treeBlobs: 0 });
  const stored = (await listSnapshots(fixture.repository, () => {})).find(({ id }) => id === snapshotId);
  expect(stored).toMatchObject({ tags: ["nightly", "full"], parent: undefined, programVersion: "holdfast 0.0.0" });
});

test("the same bytes are stored once, wherever they come up", async () => {
  const fixture = await repositoryFixture({ seed });
  const { counts } = await run(fixture, memorySource({ a: "same", b: "same", c: { d: "same" } }));
  expect(counts).toMatchObject({ dataBlobs: 1, totalFilesProcessed: 3 });
});

test("the snapshot records what the backup did", async () => {
  const fixture = await repositoryFixture({ seed });
  const result = await run(fixture, memorySource({ a: "one" }), { uid: 7, gid: 8, tags: ["t"] });
  const [snapshot] = await listSnapshots(fixture.repository, () => {});
  expect(snapshot).toMatchObject({
    hostname: "testhost",
    username: "tester",
    uid: 7,
    gid: 8,
    tags: ["t"],
    paths: ["/source"],
  });
  expect(snapshot!.summary).toMatchObject(result.counts);
  expect(snapshot!.tree).toBe(result.treeId);
});

describe("what cannot be read", () => {
  test("is left out and named, and the rest is there", async () => {
    const fixture = await repositoryFixture({ seed });
    const seen: string[] = [];
    const source = memorySource({
      denied: { content: "", openFault: systemError("EACCES") },
      dir: { broken: { content: "x".repeat(10), readFault: { afterBytes: 5, error: systemError("EIO") } }, fine: "y" },
    });
    const result = await run(fixture, source, { onProblem: (problem) => seen.push(problem.path) });
    expect(result.isComplete).toBe(false);
    expect(result.problems.count).toBe(2);
    expect(result.problems.first).toMatchObject([
      { path: "/denied", code: "ENGINE_SOURCE_UNREADABLE" },
      { path: "/dir/broken", code: "ENGINE_SOURCE_UNREADABLE" },
    ]);
    expect(seen.toSorted()).toEqual(["/denied", "/dir/broken"]);
    expect(await pathsIn(await fixture.reopen())).toEqual(["/dir", "/dir/fine"]);
    expect(source.openFiles + source.openDirectories).toBe(0);
  });

  test("is nothing to speak of when it merely vanished", async () => {
    const fixture = await repositoryFixture({ seed });
    const source = memorySource({ gone: { content: "", openFault: systemError("ENOENT") }, here: "x" });
    expect(await run(fixture, source)).toMatchObject({ isComplete: true, problems: { count: 0 } });
  });

  test("is a bug when it is no failure of the system", async () => {
    const fixture = await repositoryFixture({ seed });
    const source = memorySource({ odd: { content: "", openFault: new TypeError("ours") } });
    await expect(run(fixture, source)).rejects.toThrow("ours");
    expect(await fixture.storage.names("snapshot")).toEqual([]);
  });

  test("leaves no snapshot when nothing else is there", async () => {
    const fixture = await repositoryFixture({ seed });
    const source = memorySource({ only: { content: "", openFault: systemError("EACCES") } });
    await expect(run(fixture, source)).rejects.toMatchObject({ code: "ENGINE_NOTHING_TO_BACK_UP" });
    expect(await fixture.storage.names("snapshot")).toEqual([]);
  });
});

test("a file that changes while it is read is in the snapshot, and named", async () => {
  const fixture = await repositoryFixture({ seed });
  const result = await run(fixture, memorySource({ log: { content: "x", changesWhileRead: true } }));
  expect(result).toMatchObject({ changedWhileRead: ["/log"], isComplete: true });
});

test("the size of a file is what was read of it, however long it was said to be", async () => {
  const fixture = await repositoryFixture({ seed });
  const { treeId } = await run(fixture, memorySource({ log: { content: "longer", node: { size: 2n } } }));
  expect((await findNode(await fixture.reopen(), treeId, [Buffer.from("log")])).size).toBe(6n);
});

test("large files are cut into chunks, and one file is open at a time in each thread", async () => {
  const fixture = await repositoryFixture({ seed });
  const random = seededRandom(seed);
  const files = Object.fromEntries(
    Array.from({ length: 6 }, (_, at) => [`file${at}`, { content: random.bytes(3 * MiB) }]),
  );
  const source = memorySource(files);
  const { treeId, counts } = await run(fixture, source);
  expect(source.openFilesMax).toBe(1);
  expect(counts.dataBlobs).toBeGreaterThan(6);
  const reopened = await fixture.reopen();
  const { content } = await findNode(reopened, treeId, [Buffer.from("file3")]);
  const chunks = await Promise.all(content!.map((id) => reopened.loadBlob("data", id)));
  expect(Buffer.concat(chunks).equals(files["file3"]!.content)).toBe(true);
});

describe("a snapshot is named only when everything in it is stored", () => {
  test("packs come before indexes and indexes before the snapshot", async () => {
    const fixture = await repositoryFixture({ seed });
    await run(fixture, memorySource({ a: "one", b: { c: "two" } }));
    const writes = fixture.storage.calls.filter(({ operation, type }) => operation === "write" && type !== "lock");
    const types = writes.map(({ type }) => type).slice(2); // key and config
    expect(types).toEqual([...types].toSorted((left, right) => orderOf(left) - orderOf(right)));
    expect(new Set(types)).toEqual(new Set(["pack", "index", "snapshot"]));
  });
  const orderOf = (type: string | undefined) => ["pack", "index", "snapshot"].indexOf(type ?? "");

  test.each(["pack", "index", "snapshot"] as const)("when a %s cannot be stored there is none", async (type) => {
    const fixture = await repositoryFixture({ seed });
    fixture.storage.add({ operation: "write", type, how: "fail", times: Number.POSITIVE_INFINITY });
    const source = memorySource({ a: "one", b: { c: "two" } });
    await expect(run(fixture, source)).rejects.toMatchObject({ code: "STORAGE_UNREACHABLE" });
    expect(fixture.storage.hits).toBeGreaterThan(0);
    expect(await fixture.storage.names("snapshot")).toEqual([]);
    expect(await fixture.storage.names("lock")).toEqual([]);
    expect(source.openFiles + source.openDirectories).toBe(0);
  });

  test("when it is told to stop there is none, its lock is gone, and the next run makes one", async () => {
    const fixture = await repositoryFixture({ seed });
    const stop = new AbortController();
    const pause = fixture.storage.pauseBefore("write", "pack");
    const running = run(fixture, memorySource({ a: "one", b: { c: "two" } }), {}, stop.signal);
    running.catch(() => {});
    await pause.reached;
    stop.abort(new Error("told to stop"));
    pause.resume();
    await expect(running).rejects.toThrow("told to stop");
    expect(await fixture.storage.names("snapshot")).toEqual([]);
    expect(await fixture.storage.names("lock")).toEqual([]);
    expect(await run(fixture, memorySource({ a: "one", b: { c: "two" } }))).toMatchObject({ isComplete: true });
  });

  test("when it was told to stop before it began, nothing is read", async () => {
    const fixture = await repositoryFixture({ seed });
    const source = memorySource({ a: "one" });
    await expect(run(fixture, source, {}, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
    expect(source.opened).toEqual([]);
  });
});

test("progress tells what is done, and ends with everything done", async () => {
  const fixture = await repositoryFixture({ seed });
  const session = await fixture.reopen();
  const seen: { filesDone: number; bytesDone: number; totalBytes: number }[] = [];
  const running = backup(session, memorySource({ a: "one", b: "four" }), options, (progress) => seen.push(progress));
  await passTimeUntil(fixture.clock, running);
  expect(seen.at(-1)).toMatchObject({ filesDone: 2, bytesDone: 7, totalFiles: 2, totalBytes: 7, errorCount: 0 });
});
