import type { Storage } from "@holdfast/storage";
import { describe, expect, test } from "vitest";
import { checkRepository } from "../check/check.ts";
import type { SnapshotId } from "../id.ts";
import { PatternList } from "../patterns/pattern-list.ts";
import { changesOf, copyOf, killEverywhere, openAt, smallRepository } from "../repair/damaged-repository-fixture.ts";
import { emptySnapshot } from "../snapshot/snapshot.ts";
import { listSnapshots, loadSnapshot, saveSnapshot } from "../snapshot/snapshot-store.ts";
import { walkTree } from "../restore/walk-tree.ts";
import { displayPath } from "../tree/name-quoting.ts";
import { rewriteSnapshots, type RewriteOptions } from "./rewrite-snapshots.ts";

const excluding = (...patterns: string[]): RewriteOptions => ({ excludes: [new PatternList(patterns)] });
const including = (...patterns: string[]): RewriteOptions => ({ includes: [new PatternList(patterns)] });

async function rewrite(storage: Storage, options: RewriteOptions, isDryRun = false) {
  const repository = await openAt(storage, { isDryRun });
  const all = await listSnapshots(repository, () => {});
  await repository.loadIndex();
  const snapshots = all.filter(({ original }) => original === undefined);
  return Array.fromAsync(rewriteSnapshots(repository, snapshots, all, options));
}

async function pathsIn(storage: Storage, id: SnapshotId): Promise<string[]> {
  const repository = await openAt(storage);
  await repository.loadIndex();
  const paths: string[] = [];
  const { tree } = await loadSnapshot(repository, id);
  for await (const step of walkTree(repository, tree, { onFault: () => expect.unreachable() })) {
    if (step.kind !== "leave") paths.push(displayPath(step.names));
  }
  return paths;
}

const newIdOf = ({ replacement }: Awaited<ReturnType<typeof rewrite>>[number]) =>
  replacement.kind === "replaced" ? replacement.id : expect.unreachable();

describe("entries", () => {
  test.each([
    ["that are excluded are gone", excluding("f1"), ["/dir", "/dir/f0", "/dir/f2"]],
    ["below an excluded directory are gone with it", excluding("/dir"), []],
    ["come back by a negated pattern", excluding("f*", "!f2"), ["/dir", "/dir/f2"]],
    ["that are included stay with what leads to them", including("f2"), ["/dir", "/dir/f2"]],
    ["of an anchored inclusion stay", including("/dir/f0"), ["/dir", "/dir/f0"]],
  ])("%s", async (_, options, paths) => {
    const storage = await copyOf((await smallRepository()).storage);
    const outcomes = await rewrite(storage, options);
    expect(await pathsIn(storage, newIdOf(outcomes[2]!))).toEqual(paths);
    expect((await checkRepository(await openAt(storage), { readData: true })).errors).toEqual([]);
  });

  test("a snapshot of which an inclusion would leave nothing stays as it is", async () => {
    const storage = await copyOf((await smallRepository()).storage);
    const outcomes = await rewrite(storage, including("f2"));
    expect(outcomes.map(({ replacement }) => replacement.kind)).toEqual(["unchanged", "unchanged", "replaced"]);
  });

  test("each one left out is told", async () => {
    const storage = await copyOf((await smallRepository()).storage);
    const told: string[] = [];
    await rewrite(storage, { ...excluding("f1"), onEntry: (path) => told.push(path) });
    expect(told).toEqual(["/dir/f1", "/dir/f1"]);
  });
});

test("the new snapshot says where it comes from and how much it holds, and keeps what we do not know", async () => {
  const { storage: whole, snapshots } = await smallRepository();
  const storage = await copyOf(whole);
  const time = { ns: 5_000_000_000n, offsetS: 3600 };
  const outcomes = await rewrite(storage, { ...excluding("f1"), newHostname: "other", newTime: time });
  const repository = await openAt(storage);
  const old = await loadSnapshot(repository, snapshots[2]!);
  const { id, ...rewritten } = await loadSnapshot(repository, newIdOf(outcomes[2]!));
  expect(id).not.toBe(old.id);
  expect(rewritten).toMatchObject({ original: old.id, tags: ["rewrite"], hostname: "other", time, paths: old.paths });
  expect(rewritten.summary).toMatchObject({ totalFilesProcessed: 2, totalBytesProcessed: 1200 + 1204 });
  expect(rewritten.otherKeys).toEqual([["label", '"kept"']]);
});

test("a summary is only made where it was asked for", async () => {
  const storage = await copyOf((await smallRepository()).storage);
  expect((await rewrite(storage, excluding("nothing"))).map(({ replacement }) => replacement.kind)).toEqual(
    Array(3).fill("unchanged"),
  );
  const outcomes = await rewrite(storage, { withSummary: true });
  const made = await loadSnapshot(await openAt(storage), newIdOf(outcomes[0]!));
  expect(made.summary).toMatchObject({ totalFilesProcessed: 1, totalBytesProcessed: 1200, filesNew: 0 });
  expect(made.tree).toBe(outcomes[0]!.snapshot.tree);
});

test("a dry run says what would become of them and stores nothing", async () => {
  const storage = await copyOf((await smallRepository()).storage);
  const outcomes = await rewrite(storage, { ...excluding("f0"), forget: true }, true);
  expect(outcomes.map(({ replacement }) => replacement.kind)).toEqual(Array(3).fill("replaced"));
  expect(changesOf(storage)).toBe(0);
});

describe.each([true, false])("with the old ones removed: %s", (forget) => {
  test("a second run finds nothing to do, and a run that is killed anywhere is taken up again", async () => {
    const { storage } = await smallRepository();
    const options = { ...excluding("f1"), forget };
    // With `forget` a snapshot goes when its successor is there: then that is what must stay.
    const originals = async (each: Storage) =>
      new Set((await listSnapshots(await openAt(each), () => {})).map(({ id, original }) => original ?? id));
    const before = await originals(storage);
    const moments = await killEverywhere(
      storage,
      async (each) => {
        await rewrite(each, options).finally(async () => expect(await originals(await copyOf(each))).toEqual(before));
        expect(await originals(await copyOf(each))).toEqual(before);
      },
      (old, now) => (forget ? now.size >= old.size : [...old].every(([id, content]) => now.get(id) === content)),
    );
    expect(moments).toBeGreaterThan(4);
  });
});

describe("listings that other programs wrote", () => {
  const foreign =
    '{"nodes":[{"name":"a","type":"file","content":[],"later":1e3},{"name":"b","type":"file","content":[]}]}\n';

  async function withForeign() {
    const storage = await copyOf((await smallRepository()).storage);
    const repository = await openAt(storage);
    const { id: tree } = await repository.saveBlob("tree", Buffer.from(foreign));
    await repository.flush();
    const snapshot = { ...emptySnapshot, tree, time: { ns: 1n, offsetS: 0 }, otherKeys: [] };
    await saveSnapshot(repository, snapshot);
    return storage;
  }

  test("are not written anew where that would lose something", async () => {
    const storage = await withForeign();
    const before = await storage.names("snapshot");
    await expect(rewrite(storage, { ...excluding("b"), forget: true })).rejects.toThrow(
      expect.objectContaining({ code: "ENGINE_TREE_FOREIGN" }),
    );
    expect(await storage.names("snapshot")).toEqual(before);
  });

  test("stay as they are where nothing changes in them", async () => {
    const storage = await withForeign();
    expect((await rewrite(storage, excluding("f1")))[0]!.replacement).toEqual({ kind: "unchanged" });
  });
});
