import { HoldfastError } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import { describe, expect, test } from "vitest";
import type { Id } from "../id.ts";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import { findSnapshot, matchesFilter, selectParent } from "./find.ts";
import { emptySnapshot, type Snapshot, type StoredSnapshot } from "./snapshot.ts";
import { listSnapshots, saveSnapshot } from "./snapshot-store.ts";

const tree = "cd".repeat(32) as Id;
const secondNs = 1_000_000_000n;

function snapshotOf(atS: number, fields: Partial<Snapshot> = {}): Snapshot {
  return {
    ...emptySnapshot,
    time: { ns: BigInt(atS) * secondNs, offsetS: 0 },
    tree,
    paths: ["/data"],
    hostname: "h",
    username: "u",
    otherKeys: [],
    ...fields,
  };
}

function withCode(code: string) {
  return expect.objectContaining({ code });
}

describe("a filter", () => {
  const snapshot = snapshotOf(1, { hostname: "web", tags: ["daily", "db"], paths: ["/a", "/b"] });
  test.each([
    [{}, true],
    [{ hosts: ["web", "mail"] }, true],
    [{ hosts: ["mail"] }, false],
    [{ paths: ["/b"] }, true],
    [{ paths: ["/a", "/c"] }, false],
    [{ tags: [["daily", "db"]] }, true],
    [{ tags: [["daily", "web"]] }, false],
    [{ tags: [["web"], ["db"]] }, true],
    [{ tags: [[""]] }, false],
    [{ hosts: ["web"], tags: [["daily"]], paths: ["/a"] }, true],
    [{ hosts: ["mail"], tags: [["daily"]] }, false],
  ])("%j matches: %s", (filter, isMatch) => {
    expect(matchesFilter(snapshot, filter)).toBe(isMatch);
  });

  test("an empty tag stands for no tags", () => {
    expect(matchesFilter(snapshotOf(1), { tags: [[""]] })).toBe(true);
  });
});

describe("findSnapshot", () => {
  async function threeSnapshots() {
    const fixture = await repositoryFixture({ seed: 1 });
    const ids: Id[] = [];
    for (const [atS, hostname] of [
      [20, "a"],
      [30, "b"],
      [10, "c"],
    ] as const)
      ids.push(await saveSnapshot(fixture.repository, snapshotOf(atS, { hostname })));
    return { ...fixture, ids };
  }

  test("takes the newest for latest, of those that match", async () => {
    const { repository, ids } = await threeSnapshots();
    expect((await findSnapshot(repository, "latest")).id).toBe(ids[1]);
    expect((await findSnapshot(repository, "latest", { hosts: ["a", "c"] })).id).toBe(ids[0]);
  });

  test("takes an id or the beginning of one", async () => {
    const { repository, ids } = await threeSnapshots();
    for (const id of ids) {
      expect(await findSnapshot(repository, id)).toMatchObject({ id, tree });
      expect((await findSnapshot(repository, id.slice(0, 10))).id).toBe(id);
    }
  });

  test("says what is missing and what is ambiguous", async () => {
    const { repository } = await threeSnapshots();
    await expect(findSnapshot(repository, "ffffffffff")).rejects.toThrow(withCode("ENGINE_SNAPSHOT_MISSING"));
    await expect(findSnapshot(repository, "")).rejects.toThrow(withCode("ENGINE_SNAPSHOT_MISSING"));
    await expect(findSnapshot(repository, "latest", { hosts: ["x"] })).rejects.toThrow(
      withCode("ENGINE_SNAPSHOT_MISSING"),
    );
    for (let atS = 40; atS < 60; atS += 1) await saveSnapshot(repository, snapshotOf(atS));
    const names = (await repository.list("snapshot")).map((entry) => entry.name[0]!);
    const twice = names.find((digit, at) => names.indexOf(digit) !== at)!; // 23 ids share 16 first digits
    await expect(findSnapshot(repository, twice)).rejects.toThrow(withCode("ENGINE_SNAPSHOT_AMBIGUOUS"));
  });
});

test("snapshots are listed oldest first; a damaged one is handed out and a forgotten one passed over", async () => {
  const { repository, storage } = await repositoryFixture({ seed: 2 });
  for (const atS of [3, 1, 2]) await saveSnapshot(repository, snapshotOf(atS));
  const never = () => expect.unreachable("no snapshot is damaged");
  const times = (await listSnapshots(repository, never)).map((snapshot) => snapshot.time.ns / secondNs);
  expect(times).toEqual([1n, 2n, 3n]);

  const notASnapshot = await repository.saveUnpacked("snapshot", Buffer.from("{}"));
  const damaged: string[] = [];
  await listSnapshots(repository, (id, error) => damaged.push(`${id} ${error.code}`));
  expect(damaged).toEqual([`${notASnapshot} ENGINE_SNAPSHOT_DAMAGED`]);

  await storage.remove({ type: "snapshot", name: notASnapshot });
  const forgotten = new HoldfastError(storageErrors.missing, "somebody forgot it between listing and reading");
  storage.add({ operation: "read", type: "snapshot", how: "fail", error: forgotten });
  expect(await listSnapshots(repository, never)).toHaveLength(2);
});

describe("the parent of a new snapshot", () => {
  const stored = (atS: number, id: string, fields: Partial<Snapshot> = {}): StoredSnapshot => ({
    ...snapshotOf(atS, fields),
    id: id.repeat(64) as Id,
  });
  const query = { timeNs: 100n * secondNs, hostname: "h", paths: ["/data"] };

  test.each<[string, StoredSnapshot[], string | undefined]>([
    ["is the newest", [stored(5, "a"), stored(9, "b"), stored(7, "c")], "b"],
    ["is not younger than itself", [stored(5, "a"), stored(101, "b")], "a"],
    ["may be as old as itself", [stored(100, "a")], "a"],
    ["is of the same host", [stored(5, "a"), stored(9, "b", { hostname: "x" })], "a"],
    [
      "has all of its paths, and may have more",
      [stored(5, "a", { paths: ["/x", "/data"] }), stored(9, "b", { paths: ["/x"] })],
      "a",
    ],
    ["is the last listed of one instant", [stored(9, "a"), stored(9, "b")], "b"],
    ["is none for a first backup", [], undefined],
  ])("%s", (_, snapshots, expected) => {
    expect(selectParent(snapshots, query)?.id[0]).toBe(expected);
  });

  test("has all tags that are asked for", () => {
    const snapshots = [stored(5, "a", { tags: ["x", "y"] }), stored(9, "b", { tags: ["x"] })];
    expect(selectParent(snapshots, { ...query, tags: ["x", "y"] })?.id[0]).toBe("a");
    expect(selectParent(snapshots, { timeNs: query.timeNs })?.id[0]).toBe("b");
  });
});
