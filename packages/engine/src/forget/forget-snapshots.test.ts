import { HoldfastError } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import { expect, test } from "vitest";
import { passTimeUntil, repositoryFixture, testOwner } from "../repository/repository-fixture.ts";
import { saveBareSnapshots, storedSnapshots } from "../snapshot/snapshot-fixture.ts";
import { forgetSnapshots } from "./forget-snapshots.ts";

test("what is forgotten is gone, and everything else is as it was", async () => {
  const { repository } = await repositoryFixture({ seed: 1 });
  const [a, b, c] = await saveBareSnapshots(repository, [{}, {}, {}]);
  const heard: [string, number][] = [];
  const result = await forgetSnapshots(repository, [a!.id, c!.id, a!.id], (id, done) => heard.push([id, done]));
  expect(result).toEqual({ removed: expect.arrayContaining([a!.id, c!.id]), refused: [] });
  expect(heard.map(([, done]) => done)).toEqual([1, 2]);
  expect(await storedSnapshots(repository)).toEqual([b]);
  expect((await forgetSnapshots(repository, [a!.id])).removed).toEqual([a!.id]); // gone already is gone
});

test("a snapshot that the storage does not give up stays, is named, and does not keep the others", async () => {
  const { repository, storage } = await repositoryFixture({ seed: 2 });
  const snapshots = await saveBareSnapshots(repository, [{}, {}, {}]);
  const error = new HoldfastError(storageErrors.denied, "It is under an object lock.");
  storage.add({ operation: "remove", type: "snapshot", how: "fail", nth: 2, error });
  const { removed, refused } = await forgetSnapshots(
    repository,
    snapshots.map(({ id }) => id),
  );
  expect(removed).toHaveLength(2);
  expect(refused).toMatchObject([{ error: { code: "STORAGE_DENIED" } }]);
  expect((await storedSnapshots(repository)).map(({ id }) => id)).toEqual([refused[0]!.id]);
});

test("cut off after any operation, what is left is as it was", async () => {
  for (let nth = 1; nth <= 4; nth += 1) {
    for (const how of ["fail", "fail-after"] as const) {
      const { repository, storage, reopen } = await repositoryFixture({ seed: 3 });
      const snapshots = await saveBareSnapshots(repository, [{}, {}, {}, {}, {}]);
      const [keep, ...drop] = snapshots;
      storage.add({ operation: "remove", how, nth, times: Number.POSITIVE_INFINITY });
      const ids = drop.map(({ id }) => id);
      await forgetSnapshots(repository, ids);
      expect(storage.hits).toBeGreaterThan(0);
      const left = await storedSnapshots(await reopen());
      expect(snapshots).toEqual(expect.arrayContaining(left));
      expect(left).toContainEqual(keep);
    }
  }
});

test("an interruption and a lost lock end it at once", async () => {
  const { repository, storage, clock } = await repositoryFixture({ seed: 4 });
  const [first] = await saveBareSnapshots(repository, [{}]);
  const reason = new Error("Ctrl-C");
  await expect(forgetSnapshots(repository, [first!.id], () => {}, AbortSignal.abort(reason))).rejects.toBe(reason);

  const lock = await passTimeUntil(clock, repository.lock("exclusive", { ...testOwner, pid: 1 }));
  storage.add({ operation: ["write", "stat"], type: "lock", how: "fail", times: Number.POSITIVE_INFINITY });
  clock.advanceMs(31 * 60_000); // the machine slept
  const forgetting = passTimeUntil(
    clock,
    forgetSnapshots(repository, [first!.id], () => {}, lock.signal),
    60_000,
  );
  await expect(forgetting).rejects.toMatchObject({ code: "ENGINE_LOCK_LOST" });
  expect(await storage.names("snapshot")).toEqual([first!.id]);
  await lock.release();
});
