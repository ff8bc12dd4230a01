import { expect, test } from "vitest";
import { removeLocks } from "./remove-locks.ts";
import { passTimeUntil, repositoryFixture, testOwner } from "./repository-fixture.ts";

test("locks of the living stay, those of the dead and the old go, and with all every one", async () => {
  const { repository, storage, clock, reopen } = await repositoryFixture({ seed: 1 });
  const lock = (hostname: string) =>
    passTimeUntil(clock, repository.lock("shared", { ...testOwner, hostname, pid: process.pid }));
  const [alive, faraway] = [await lock("here"), await lock("elsewhere")];
  const other = await reopen();
  expect(await removeLocks(other, { all: false, hostname: "here" })).toBe(0);

  // Nobody renews the lock of a machine that was switched off.
  storage.add({ operation: "write", type: "lock", how: "fail", times: 1e9 });
  clock.advanceMs(31 * 60_000);
  expect(await removeLocks(other, { all: false, hostname: "here" })).toBe(2);
  for (const held of [alive, faraway]) await held.release();
});

test("a lock that cannot be read goes only with all", async () => {
  const { repository, storage } = await repositoryFixture({ seed: 2 });
  await storage.write({ type: "lock", name: "ab".repeat(32) }, Buffer.from("no lock"));
  expect(await removeLocks(repository, { all: false, hostname: "here" })).toBe(0);
  expect(await removeLocks(repository, { all: true, hostname: "here" })).toBe(1);
  expect(await storage.names("lock")).toEqual([]);
});
