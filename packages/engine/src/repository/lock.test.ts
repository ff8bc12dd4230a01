import { setImmediate } from "node:timers/promises";
import { HoldfastError, hourMs, minuteMs, secondMs } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import { describe, expect, test } from "vitest";
import type { Id } from "../id.ts";
import { parseLockFile, serialiseLockFile } from "./lock-file.ts";
import type { LockOptions } from "./lock.ts";
import type { Repository } from "./repository.ts";
import { passTimeUntil, repositoryFixture, testOwner, type RepositoryFixture } from "./repository-fixture.ts";

const owner: LockOptions = { ...testOwner, pid: 4242, uid: 1000, gid: 100, isProcessAlive: () => true };
const snapshotJson = Buffer.from("{}");

function withCode(code: string) {
  return expect.objectContaining({ code });
}

function acquire(
  { repository, clock }: RepositoryFixture,
  kind: "shared" | "exclusive",
  options: Partial<LockOptions> = {},
) {
  return passTimeUntil(clock, repository.lock(kind, { ...owner, ...options }));
}

/** Lets time pass as a running program sees it: in steps, with everything that becomes due done between them. */
async function pass(fixture: RepositoryFixture, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += secondMs) {
    fixture.clock.advanceMs(secondMs);
    await setImmediate();
  }
}

/** A lock as another program would write it. */
async function foreignLock(repository: Repository, fields: Record<string, unknown>): Promise<Id> {
  const about = { hostname: "elsewhere", username: "someone", pid: 7 };
  const lock = { time: "2026-01-01T11:59:00Z", exclusive: false, ...about, ...fields };
  // Index files are encrypted in the same way, so one is made and put among the locks.
  const id = await repository.saveUnpacked("index", Buffer.from(JSON.stringify(lock)));
  const bytes = await repository.storage.read({ type: "index", name: id });
  await repository.storage.write({ type: "lock", name: id }, bytes);
  await repository.storage.remove({ type: "index", name: id });
  return id;
}

test("a lock file says who holds what since when, in restic's words", async () => {
  const fixture = await repositoryFixture({ seed: 1 });
  const lock = await acquire(fixture, "exclusive");
  const [name] = await fixture.storage.names("lock");
  const json = Buffer.from(await fixture.repository.loadUnpacked("lock", name as Id)).toString();
  expect(JSON.parse(json)).toMatchObject({
    exclusive: true,
    hostname: "testhost",
    username: "tester",
    pid: 4242,
    uid: 1000,
    gid: 100,
  });
  expect(Object.keys(JSON.parse(json)).slice(0, 7)).toEqual([
    "time",
    "exclusive",
    "hostname",
    "username",
    "pid",
    "uid",
    "gid",
  ]);
  expect(parseLockFile(Buffer.from(serialiseLockFile(parseLockFile(Buffer.from(json)))))).toMatchObject({ pid: 4242 });
  await lock.release();
  expect(await fixture.storage.names("lock")).toEqual([]);
});

describe("who may work beside whom", () => {
  test.each([
    ["shared", "shared", true],
    ["shared", "exclusive", false],
    ["exclusive", "shared", false],
    ["exclusive", "exclusive", false],
  ] as const)("%s, then %s: %s", async (first, second, isAllowed) => {
    const fixture = await repositoryFixture({ seed: 2 });
    await acquire(fixture, first);
    if (isAllowed) await acquire(fixture, second);
    else await expect(acquire(fixture, second)).rejects.toThrow(withCode("ENGINE_LOCKED"));
    expect(await fixture.storage.names("lock")).toHaveLength(isAllowed ? 2 : 1);
  });

  test("who is refused learns who is in the way, for how long, and no control characters", async () => {
    const fixture = await repositoryFixture({ seed: 3 });
    await foreignLock(fixture.repository, { exclusive: true, username: "eve\u001b[2J", hostname: "büro" });
    const refusal = await acquire(fixture, "shared").then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ code: "ENGINE_LOCKED", kind: "conflict" });
    expect((refusal as Error).message).toContain("eve?[2J@büro (process 7, exclusive)");
    expect((refusal as Error).message).toContain("1 min ago");
  });

  test("of two that come at the same moment at most one gets the exclusive lock", async () => {
    for (let seed = 0; seed < 10; seed += 1) {
      const fixture = await repositoryFixture({ seed });
      const both = ["exclusive", seed % 2 === 0 ? "exclusive" : "shared"] as const;
      const tries = both.map((kind) => fixture.repository.lock(kind, owner));
      const outcomes = await passTimeUntil(fixture.clock, Promise.allSettled(tries));
      expect(outcomes.filter((outcome) => outcome.status === "fulfilled").length).toBeLessThan(2);
      expect((await fixture.storage.names("lock")).length).toBeLessThan(2);
    }
  });

  test("one that comes between the look and the own lock is seen by the second look", async () => {
    const fixture = await repositoryFixture({ seed: 4 });
    const write = fixture.storage.pauseBefore("write", "lock", 1);
    const locking = acquire(fixture, "shared");
    await write.reached;
    const id = await foreignLock(fixture.repository, { exclusive: true });
    write.resume();
    await expect(locking).rejects.toThrow(withCode("ENGINE_LOCKED"));
    expect(await fixture.storage.names("lock")).toEqual([id]);
  });
});

test("with time to wait, the lock is tried again until it is free, in growing pauses", async () => {
  const fixture = await repositoryFixture({ seed: 5 });
  const id = await foreignLock(fixture.repository, { exclusive: true });
  const startedMs = fixture.clock.monotonicMs();
  const locking = acquire(fixture, "shared", { retryForMs: 10 * minuteMs });
  const lists = () => fixture.storage.calls.filter((call) => call.operation === "list" && call.type === "lock").length;
  while (fixture.clock.monotonicMs() - startedMs < 4 * minuteMs) await setImmediate();
  expect(lists()).toBe(1 + 6); // at once, and after 5, 15, 35, 75, 135 and 195 seconds
  await fixture.storage.remove({ type: "lock", name: id });
  await (await locking).release();
  expect(fixture.clock.monotonicMs() - startedMs).toBeLessThan(5.5 * minuteMs);
});

test("when the time to wait is over, there is one last try", async () => {
  const fixture = await repositoryFixture({ seed: 6 });
  await foreignLock(fixture.repository, { exclusive: true });
  const startedMs = fixture.clock.monotonicMs();
  await expect(acquire(fixture, "shared", { retryForMs: 12 * secondMs })).rejects.toThrow(withCode("ENGINE_LOCKED"));
  expect(fixture.clock.monotonicMs() - startedMs).toBeLessThan(14 * secondMs);
  expect(fixture.storage.calls.filter((call) => call.operation === "list" && call.type === "lock")).toHaveLength(3);
});

describe("locks of the dead", () => {
  test("a stale one is removed on the way, and one that is in use is not", async () => {
    const fixture = await repositoryFixture({ seed: 7 });
    await foreignLock(fixture.repository, { exclusive: true, time: "2026-01-01T11:29:00Z" });
    const living = await foreignLock(fixture.repository, {});
    const lock = await acquire(fixture, "shared");
    await lock.release();
    expect(await fixture.storage.names("lock")).toEqual([living]);
  });

  test("one of our own machine goes at once when its process is dead", async () => {
    const fixture = await repositoryFixture({ seed: 8 });
    const crashed = await acquire(fixture, "exclusive");
    await acquire(fixture, "exclusive", { pid: 4243, isProcessAlive: (pid) => pid !== 4242 });
    expect(await fixture.storage.names("lock")).toHaveLength(1);
    await crashed.release(); // its file is gone, which is no failure
  });

  test("one of another machine goes after it was watched for longer than a living holder waits with renewing", async () => {
    const fixture = await repositoryFixture({ seed: 27 });
    for (const time of ["2026-01-01T11:00:00Z", "2025-01-01T11:00:00Z", "2038-01-19T03:14:08Z"])
      await foreignLock(fixture.repository, { exclusive: true, time });
    const startedMs = fixture.clock.monotonicMs();
    const lock = await acquire(fixture, "exclusive");
    expect(fixture.clock.monotonicMs() - startedMs).toBeGreaterThan(7 * minuteMs);
    expect(fixture.clock.monotonicMs() - startedMs).toBeLessThan(9 * minuteMs);
    await lock.release();
    expect(await fixture.storage.names("lock")).toEqual([]);
  });

  test.each([
    ["an hour behind", "2026-01-01T11:00:00Z", "2026-01-01T11:05:00Z"],
    ["an hour ahead", "2026-01-01T13:00:00Z", "2026-01-01T13:05:00Z"],
    ["in 1970", "1970-01-01T00:00:00Z", "1970-01-01T00:05:00Z"],
  ])("a living holder whose clock is %s keeps its lock", async (_, time, renewed) => {
    const fixture = await repositoryFixture({ seed: 28 });
    const old = await foreignLock(fixture.repository, { time });
    const locking = acquire(fixture, "exclusive");
    locking.catch(() => {});
    while (fixture.clock.monotonicMs() < 4 * minuteMs) await setImmediate();
    const fresh = await foreignLock(fixture.repository, { time: renewed });
    await fixture.storage.remove({ type: "lock", name: old });
    await expect(locking).rejects.toThrow(withCode("ENGINE_LOCKED"));
    expect(await fixture.storage.names("lock")).toEqual([fresh]);
  });

  test("one that is given back while it is watched is no longer in the way", async () => {
    const fixture = await repositoryFixture({ seed: 29 });
    const old = await foreignLock(fixture.repository, { time: "2026-01-01T11:00:00Z" });
    const locking = acquire(fixture, "exclusive");
    while (fixture.clock.monotonicMs() < 2 * minuteMs) await setImmediate();
    await fixture.storage.remove({ type: "lock", name: old });
    await (await locking).release();
    expect(fixture.clock.monotonicMs()).toBeLessThan(3 * minuteMs);
  });

  test("where removal is refused, a stale lock is still in the way", async () => {
    const fixture = await repositoryFixture({ seed: 9 });
    await foreignLock(fixture.repository, { exclusive: true, time: "2026-01-01T11:00:00Z" });
    const error = new HoldfastError(storageErrors.denied, "append-only");
    fixture.storage.add({ operation: "remove", type: "lock", how: "fail", error });
    await expect(acquire(fixture, "shared")).rejects.toThrow(withCode("ENGINE_LOCKED"));
    expect(fixture.storage.hits).toBe(1);
  });
});

describe("lock files that cannot be read", () => {
  test("are waited for, then refused", async () => {
    const fixture = await repositoryFixture({ seed: 10 });
    await foreignLock(fixture.repository, {});
    fixture.storage.add({ operation: "read", type: "lock", how: "corrupt", times: Infinity });
    const startedMs = fixture.clock.monotonicMs();
    await expect(acquire(fixture, "shared")).rejects.toThrow(withCode("ENGINE_LOCK_UNREADABLE"));
    expect(fixture.clock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(35 * secondMs);
  });

  test("do no harm when they become readable, or vanish", async () => {
    const fixture = await repositoryFixture({ seed: 11 });
    await foreignLock(fixture.repository, {});
    fixture.storage.add({ operation: "read", type: "lock", how: "corrupt", times: 2 });
    await (await acquire(fixture, "shared")).release();
    const missing = new HoldfastError(storageErrors.missing, "gone");
    fixture.storage.add({ operation: "read", type: "lock", how: "fail", error: missing });
    await (await acquire(fixture, "exclusive").catch(() => acquire(fixture, "shared"))).release();
    expect(fixture.storage.hits).toBe(3);
  });

  test("because the storage cannot be reached are not taken for damaged", async () => {
    const fixture = await repositoryFixture({ seed: 25 });
    await foreignLock(fixture.repository, {});
    fixture.storage.add({ operation: "read", type: "lock", how: "fail" });
    await expect(acquire(fixture, "shared")).rejects.toThrow(withCode("STORAGE_UNREACHABLE"));
  });

  test("of no length are uploads that never happened", async () => {
    const fixture = await repositoryFixture({ seed: 12 });
    await fixture.storage.write({ type: "lock", name: "ab".repeat(32) }, new Uint8Array(0));
    await (await acquire(fixture, "exclusive")).release();
  });

  test("or say nonsense are refused", async () => {
    for (const fields of [{ exclusive: "yes" }, { time: "yesterday" }, { time: 7 }]) {
      const fixture = await repositoryFixture({ seed: 13 });
      await foreignLock(fixture.repository, fields);
      await expect(acquire(fixture, "shared")).rejects.toThrow(withCode("ENGINE_LOCK_UNREADABLE"));
    }
  });
});

describe("while a lock is held", () => {
  test("it is renewed every five minutes, the new file before the old one goes", async () => {
    const fixture = await repositoryFixture({ seed: 14 });
    const lock = await acquire(fixture, "shared");
    const names = new Set<string>();
    for (let minute = 0; minute < 60; minute += 1) {
      await pass(fixture, minuteMs);
      const there = await fixture.storage.names("lock");
      expect(there).toHaveLength(1);
      names.add(there[0]!);
    }
    expect(names.size).toBeGreaterThanOrEqual(11);
    expect(lock.signal.aborted).toBe(false);
    await lock.release();
    expect(await fixture.storage.names("lock")).toEqual([]);
    expect(fixture.clock.sleepers).toBe(0);
  });

  test("a storage that is away for 15 minutes does not end the work", async () => {
    const fixture = await repositoryFixture({ seed: 15 });
    const lock = await acquire(fixture, "shared");
    fixture.storage.add({ operation: ["write", "stat"], how: "fail", times: 20 });
    await pass(fixture, 20 * minuteMs);
    expect(fixture.storage.hits).toBe(20);
    expect(lock.signal.aborted).toBe(false);
    expect(await fixture.storage.names("lock")).toHaveLength(1);
    await fixture.repository.saveUnpacked("snapshot", snapshotJson);
    await lock.release();
  });

  test("a storage that stays away ends the work before the lock can be taken for stale", async () => {
    const fixture = await repositoryFixture({ seed: 16 });
    const lock = await acquire(fixture, "shared");
    const acquiredMs = fixture.clock.monotonicMs();
    let lostAfterMs = 0;
    lock.signal.addEventListener("abort", () => (lostAfterMs = fixture.clock.monotonicMs() - acquiredMs));
    fixture.storage.add({ operation: ["write", "stat"], type: "lock", how: "fail", times: Infinity });
    await pass(fixture, hourMs);
    expect(lock.signal.reason).toMatchObject({ code: "ENGINE_LOCK_LOST" });
    expect(lostAfterMs).toBeGreaterThan(25 * minuteMs);
    expect(lostAfterMs).toBeLessThan(30 * minuteMs);
    await expect(fixture.repository.saveUnpacked("snapshot", snapshotJson)).rejects.toThrow(
      withCode("ENGINE_LOCK_LOST"),
    );
    await lock.release();
  });

  test("a renewal that hangs is given up and tried again", async () => {
    const fixture = await repositoryFixture({ seed: 17 });
    const lock = await acquire(fixture, "shared");
    fixture.storage.pauseBefore("write", "lock"); // never resumes, and does not hear the signal
    await pass(fixture, 40 * minuteMs);
    expect(lock.signal.aborted).toBe(false);
    await lock.release();
    expect(await fixture.storage.names("lock")).toEqual([]);
  });

  test("a file that cannot be removed after renewal is removed later", async () => {
    const fixture = await repositoryFixture({ seed: 18 });
    const lock = await acquire(fixture, "shared");
    fixture.storage.add({ operation: "remove", type: "lock", how: "fail" });
    await pass(fixture, 6 * minuteMs);
    expect(await fixture.storage.names("lock")).toHaveLength(2);
    await pass(fixture, 6 * minuteMs);
    expect(await fixture.storage.names("lock")).toHaveLength(1);
    await lock.release();
    expect(await fixture.storage.names("lock")).toEqual([]);
  });
});

describe("after the machine slept ten hours", () => {
  test("a lock that is still there is renewed before anything is written", async () => {
    const fixture = await repositoryFixture({ seed: 19 });
    const lock = await acquire(fixture, "shared");
    const before = fixture.storage.calls.length;
    fixture.clock.setNowMs(fixture.clock.nowMs() + 10 * hourMs); // the monotonic clock stood still
    await passTimeUntil(fixture.clock, fixture.repository.saveUnpacked("snapshot", snapshotJson));
    const writes = fixture.storage.calls.slice(before).filter((call) => call.operation === "write");
    expect(writes.map((call) => call.type)).toEqual(["lock", "snapshot"]);
    await lock.release();
  });

  test("a lock that somebody removed ends the work, and no snapshot is named", async () => {
    const fixture = await repositoryFixture({ seed: 20 });
    const { repository, storage, clock } = fixture;
    const lock = await acquire(fixture, "shared");
    await repository.saveBlob("data", Buffer.from("some data"));
    clock.setNowMs(clock.nowMs() + 10 * hourMs);
    for (const name of await storage.names("lock")) await storage.remove({ type: "lock", name });
    await expect(passTimeUntil(clock, repository.flush())).rejects.toThrow(withCode("ENGINE_LOCK_LOST"));
    expect(lock.signal.aborted).toBe(true);
    expect(await storage.names("pack")).toEqual([]);
    await expect(repository.removeFile("pack", "ab".repeat(32) as Id)).rejects.toThrow(withCode("ENGINE_LOCK_LOST"));
    await lock.release();
    expect(await storage.names("lock")).toEqual([]);
  });

  test("one that is removed just while it is renewed ends the work too", async () => {
    const fixture = await repositoryFixture({ seed: 21 });
    const { repository, storage, clock } = fixture;
    const lock = await acquire(fixture, "shared");
    const old = (await storage.names("lock"))[0]!;
    clock.setNowMs(clock.nowMs() + 10 * hourMs);
    const secondLook = storage.pauseBefore("stat", "lock", 2);
    const saving = passTimeUntil(clock, repository.saveUnpacked("snapshot", snapshotJson));
    await secondLook.reached;
    await storage.remove({ type: "lock", name: old });
    secondLook.resume();
    await expect(saving).rejects.toThrow(withCode("ENGINE_LOCK_LOST"));
    await lock.release();
    expect(await storage.names("lock")).toEqual([]);
  });
});

describe("a lock file that somebody removed under a running piece of work", () => {
  test("is noticed before a snapshot is named", async () => {
    const fixture = await repositoryFixture({ seed: 30 });
    const lock = await acquire(fixture, "shared");
    await fixture.repository.saveBlob("data", Buffer.from("some data"));
    await fixture.repository.flush();
    for (const name of await fixture.storage.names("lock")) await fixture.storage.remove({ type: "lock", name });
    await expect(fixture.repository.saveUnpacked("snapshot", snapshotJson)).rejects.toThrow(
      withCode("ENGINE_LOCK_LOST"),
    );
    expect(await fixture.storage.names("snapshot")).toEqual([]);
    expect(lock.signal.aborted).toBe(true);
    await lock.release();
  });

  test("is noticed before anything is removed, and seconds later among many removals", async () => {
    const fixture = await repositoryFixture({ seed: 31 });
    const lock = await acquire(fixture, "exclusive");
    const nobodys = "ab".repeat(32) as Id;
    await fixture.repository.removeFile("pack", nobodys);
    for (const name of await fixture.storage.names("lock")) await fixture.storage.remove({ type: "lock", name });
    await pass(fixture, 6 * secondMs);
    await expect(fixture.repository.removeFile("pack", nobodys)).rejects.toThrow(withCode("ENGINE_LOCK_LOST"));
    await lock.release();
  });

  test("is not taken for lost because it is renewed at that moment", async () => {
    const fixture = await repositoryFixture({ seed: 32 });
    const lock = await acquire(fixture, "shared");
    const look = fixture.storage.pauseBefore("stat", "lock");
    const saving = fixture.repository.saveUnpacked("snapshot", snapshotJson);
    await look.reached;
    await pass(fixture, 6 * minuteMs);
    look.resume();
    await passTimeUntil(fixture.clock, saving);
    expect(lock.signal.aborted).toBe(false);
    await lock.release();
  });
});

test("a clock set back does not hide that the lock was not renewed", async () => {
  const fixture = await repositoryFixture({ seed: 22 });
  const lock = await acquire(fixture, "shared");
  const [before] = await fixture.storage.names("lock");
  fixture.clock.setNowMs(fixture.clock.nowMs() - 24 * hourMs);
  await pass(fixture, 6 * minuteMs);
  expect(await fixture.storage.names("lock")).not.toEqual([before]);
  await lock.release();
});

test("a release that the storage refuses is no failure of the work", async () => {
  const fixture = await repositoryFixture({ seed: 23 });
  const lock = await acquire(fixture, "shared");
  fixture.storage.add({ operation: "remove", type: "lock", how: "fail" });
  await lock.release();
  await lock.release(); // twice is once
});

test("a renewal that ends after the release leaves no lock behind", async () => {
  const fixture = await repositoryFixture({ seed: 26 });
  const lock = await acquire(fixture, "shared");
  const write = fixture.storage.pauseBefore("write", "lock");
  await pass(fixture, 5 * minuteMs + 5 * secondMs);
  await write.reached;
  await passTimeUntil(fixture.clock, lock.release(), secondMs); // waits a minute, then no longer
  write.resume();
  await setImmediate();
  await setImmediate();
  expect(await fixture.storage.names("lock")).toEqual([]);
});

test("an aborted wait leaves no lock behind", async () => {
  const fixture = await repositoryFixture({ seed: 24 });
  const stop = new AbortController();
  const locking = fixture.repository.lock("shared", owner, stop.signal);
  while (fixture.clock.sleepers === 0) await setImmediate();
  stop.abort(new Error("Ctrl-C"));
  await expect(locking).rejects.toThrow("Ctrl-C");
  expect(await fixture.storage.names("lock")).toEqual([]);
});
