import { setImmediate } from "node:timers/promises";
import { silentLog } from "@holdfast/base";
import { memoryStorage, type Storage } from "@holdfast/storage";
import { faultyStorage, manualClock, seededRandom, type FaultyStorage, type ManualClock } from "@holdfast/testkit";
import type { EngineContext } from "../context.ts";
import { Repository } from "./repository.ts";
import type { SessionOptions } from "./session-options.ts";

/** Cheap to guess, and quick to open: for tests only. */
export const testKdf = { N: 1024, r: 8, p: 1 };
export const testPassword = "correct horse";
export const testOwner = { hostname: "testhost", username: "tester" };

export interface RepositoryFixture {
  readonly repository: Repository;
  readonly storage: FaultyStorage;
  readonly clock: ManualClock;
  readonly context: EngineContext;
  /** Another session on the same storage, its index loaded. */
  reopen(options?: SessionOptions): Promise<Repository>;
}

/** A new repository in memory, on a clock that stands still and with the random numbers of `seed`. */
export async function repositoryFixture(
  options: SessionOptions & { seed: number | string; version?: 1 | 2; storage?: Storage },
): Promise<RepositoryFixture> {
  const storage = faultyStorage(options.storage ?? memoryStorage());
  const clock = manualClock();
  const context = { clock, random: seededRandom(options.seed), log: silentLog };
  const repository = await Repository.init(
    storage,
    { ...options, ...testOwner, password: testPassword, kdf: testKdf },
    context,
  );
  return {
    repository,
    storage,
    clock,
    context,
    reopen: async (session = {}) => {
      const again = await Repository.open(storage, { ...session, password: testPassword }, context);
      await again.loadIndex();
      return again;
    },
  };
}

/** Lets time pass in small steps until `work` ends, as long as somebody waits for it. */
export async function passTimeUntil<Result>(clock: ManualClock, work: Promise<Result>, stepMs = 200): Promise<Result> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  done.catch(() => {}); // the caller hears of it below
  for (;;) {
    await setImmediate();
    if (isDone) return done;
    clock.advanceMs(stepMs);
  }
}
