import { setImmediate } from "node:timers/promises";
import { HoldfastError, hourMs, secondMs, silentLog, type Clock } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import { afterAll, describe, expect, test } from "vitest";
import type { Id } from "../id.ts";
import { HeldLock } from "./held-lock.ts";
import { serialiseLockFile, type LockKind } from "./lock-file.ts";
import { acquireLock, type LockStore } from "./lock.ts";

/**
 * Every order in which the calls of two or three programs can reach one storage, with the real code of the lock: each
 * call and each pause is a step that waits until it is its program's turn. Orders that lead to the same state, which is
 * what lies in the storage and what each program has seen, are followed once.
 */

const startMs = Date.UTC(2026, 0, 1, 12);
/** A pause this long belongs to the renewing of a lock that is held, and nothing of interest comes after it. */
const foreverMs = 5 * secondMs;

interface Waiting {
  readonly step: string;
  take(): void;
}

/** One program. Its own clock stands still but for its own pauses. */
class Program {
  readonly seen: string[] = [];
  waiting: Waiting | undefined;
  /** While it may do what its lock is for. */
  holds: LockKind | undefined;
  hasEnded = false;
  nowMs = startMs;
  readonly #name: string;
  readonly #files: Map<Id, Uint8Array>;
  readonly #longSleeps: boolean;
  #saved = 0;

  constructor(name: string, files: Map<Id, Uint8Array>, options: { longSleeps: boolean }) {
    this.#name = name;
    this.#files = files;
    this.#longSleeps = options.longSleeps;
  }

  step<Result>(step: string, act: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const take = () => {
        this.waiting = undefined;
        try {
          const result = act();
          this.seen.push(`${step}=${String(result)}`);
          resolve(result);
        } catch (error) {
          this.seen.push(`${step}!`);
          reject(error);
        }
      };
      this.waiting = { step, take };
    });
  }

  get store(): LockStore {
    const files = this.#files;
    return {
      list: async () => {
        const names = await this.step("list", () => [...files.keys()].sort().join());
        return names === "" ? [] : names.split(",").map((name) => ({ name, sizeBytes: 1 }));
      },
      load: (id) => {
        return this.step(`load ${id}`, () => {
          const file = files.get(id);
          if (file === undefined) throw new HoldfastError(storageErrors.missing, "gone");
          return file;
        });
      },
      save: (json) => {
        const id = `${this.#name}${(this.#saved += 1)}` as Id;
        return this.step(`save ${id}`, () => {
          files.set(id, json);
          return id;
        });
      },
      remove: (id) => this.step(`remove ${id}`, () => void files.delete(id)),
      exists: (id) => this.step(`exists ${id}`, () => files.has(id)),
    };
  }

  get clock(): Clock {
    return {
      nowMs: () => this.nowMs,
      monotonicMs: () => this.nowMs - startMs,
      sleep: (ms, signal) => {
        if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
        const isEndless = ms >= foreverMs && !(this.#longSleeps && this.holds === undefined);
        const sleeping = isEndless ? new Promise<void>(() => {}) : this.step("wake", () => void (this.nowMs += ms));
        const aborted = new Promise<never>((_, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        });
        return Promise.race([sleeping, aborted]);
      },
    };
  }
}

type Run = (files: Map<Id, Uint8Array>) => readonly Program[];

interface Explored {
  readonly states: number;
  readonly orders: number;
  /** How the programs ended, in every way that happened. */
  readonly endings: ReadonlySet<string>;
}

let statesOfAll = 0;

/** @param check looks at each state; what it returns is wrong */
async function explore(
  begin: Run,
  check: (programs: readonly Program[], files: ReadonlyMap<Id, Uint8Array>) => string | undefined,
): Promise<Explored> {
  const known = new Set<string>();
  const endings = new Set<string>();
  const orders: number[][] = [[]];
  let count = 0;
  for (let order = orders.pop(); order !== undefined; order = orders.pop()) {
    const files = new Map<Id, Uint8Array>();
    const programs = begin(files);
    await setImmediate();
    for (const turn of order) {
      programs[turn]!.waiting!.take();
      await setImmediate();
    }
    count += 1;
    const wrong = check(programs, files);
    if (wrong !== undefined) throw new Error(`${wrong} after ${JSON.stringify(programs.map(({ seen }) => seen))}`);
    const state = JSON.stringify([[...files.keys()].sort(), programs.map(({ seen, hasEnded }) => [seen, hasEnded])]);
    if (known.has(state)) continue;
    known.add(state);
    const ready = programs.flatMap(({ waiting, hasEnded }, at) => (waiting === undefined || hasEnded ? [] : [at]));
    for (const at of ready) orders.push([...order, at]);
    if (ready.length === 0) endings.add(programs.map(({ seen }) => seen.at(-1)).join(" | "));
  }
  statesOfAll += known.size;
  return { states: known.size, orders: count, endings };
}

/** Takes a lock, is at work for one step, and gives it back; then the same with each further lock, taken beside it. */
function worker(
  name: string,
  kinds: LockKind | readonly LockKind[],
  files: Map<Id, Uint8Array>,
  options = { longSleeps: false },
): Program {
  const program = new Program(name, files, options);
  const owner = { hostname: name, username: name, pid: 1, isProcessAlive: (pid: number) => pid === 1 };
  const context = { clock: program.clock, log: silentLog, processSpace: "one machine" };
  const work = async () => {
    let held: HeldLock | undefined;
    for (const kind of [kinds].flat()) {
      const before = held;
      try {
        held = await acquireLock(program.store, kind, owner, context, undefined, before);
        program.holds = kind;
      } finally {
        if (before === held) program.holds = undefined;
        await before?.release();
      }
      await program.step("work", () => "done");
    }
    program.holds = undefined;
    await held?.release();
  };
  work()
    .catch((error: unknown) => program.seen.push(error instanceof HoldfastError ? error.code : String(error)))
    .finally(() => {
      program.hasEnded = true;
      program.waiting = undefined;
    });
  return program;
}

function conflictAmong(programs: readonly Program[]): string | undefined {
  const holders = programs.flatMap(({ holds }) => (holds === undefined ? [] : [holds]));
  return holders.length > 1 && holders.includes("exclusive") ? holders.join(" beside ") : undefined;
}

function deadLock(files: Map<Id, Uint8Array>, minutesOld = 1): void {
  const time = new Date(startMs - minutesOld * 60 * secondMs).toISOString();
  const dead = { time, isExclusive: true, hostname: "old", username: "old", pid: 2, processSpace: "one machine" };
  files.set("dead" as Id, serialiseLockFile(dead));
}

describe("in every order of their calls", () => {
  test.each<[LockKind, LockKind, boolean]>([
    ["exclusive", "exclusive", false],
    ["exclusive", "shared", false],
    ["shared", "shared", false],
    ["exclusive", "exclusive", true],
    ["exclusive", "shared", true],
  ])(
    "%s and %s never hold the repository together unless they may (a dead lock before: %s)",
    async (one, two, isDead) => {
      const begin: Run = (files) => {
        if (isDead) deadLock(files);
        return [worker("a", one, files), worker("b", two, files)];
      };
      const { states, endings } = await explore(begin, conflictAmong);
      expect(states).toBeGreaterThan(one === "shared" ? 20 : 40);
      expect(endings.size).toBeGreaterThan(0);
    },
  );

  test.each<[LockKind, LockKind, LockKind]>([
    ["exclusive", "exclusive", "exclusive"],
    ["exclusive", "shared", "shared"],
  ])("nor do three: %s, %s and %s", async (...kinds) => {
    const begin: Run = (files) => kinds.map((kind, at) => worker("abc"[at]!, kind, files));
    const { states } = await explore(begin, conflictAmong);
    expect(states).toBeGreaterThan(1000);
    expect(states).toBeLessThan(100_000);
  });
});

describe("one that changes its lock in every order of calls", () => {
  test.each<[string, LockKind[], LockKind]>([
    ["from exclusive to shared", ["exclusive", "shared"], "exclusive"],
    ["from exclusive to shared", ["exclusive", "shared"], "shared"],
    ["from shared to exclusive", ["shared", "exclusive"], "exclusive"],
    ["from shared to exclusive", ["shared", "exclusive"], "shared"],
  ])("%s %j never holds it beside %s unless it may", async (_, kinds, other) => {
    const begin: Run = (files) => [worker("a", kinds, files), worker("b", other, files)];
    const { states, endings } = await explore(begin, conflictAmong);
    expect(states).toBeGreaterThan(100);
    expect([...endings].some((ending) => ending.startsWith("remove"))).toBe(true); // all was done
  });

  test("two that both want more than they share never both have it", async () => {
    const kinds: LockKind[] = ["shared", "exclusive"];
    const begin: Run = (files) => [worker("a", kinds, files), worker("b", kinds, files)];
    const { endings } = await explore(begin, conflictAmong);
    expect([...endings].join("\n")).toContain("ENGINE_LOCKED");
  });
});

describe("a holder that slept for an hour", () => {
  /** Holds a lock whose file an hour has gone by without renewing, and wakes up to write. */
  function sleeper(files: Map<Id, Uint8Array>): Program {
    const program = new Program("s", files, { longSleeps: false });
    const time = new Date(startMs - hourMs).toISOString();
    const lock = { time, isExclusive: false, hostname: "s", username: "s", pid: 1, processSpace: "another machine" };
    files.set("s0" as Id, serialiseLockFile(lock));
    const describeNow = () => serialiseLockFile({ ...lock, time: new Date(program.nowMs).toISOString() });
    const fresh = { wall: startMs - hourMs, monotonic: 0 };
    program.holds = undefined;
    const context = { clock: program.clock, log: silentLog };
    const held = new HeldLock(program.store, "s0" as Id, "shared", describeNow, fresh, context);
    const work = async () => {
      await held.confirmHeld(0);
      program.holds = "shared";
      await program.step("write", () => "done");
      program.holds = undefined;
      await held.release();
    };
    work()
      .catch((error: unknown) => program.seen.push(error instanceof HoldfastError ? error.code : String(error)))
      .finally(() => {
        program.hasEnded = true;
        program.waiting = undefined;
      });
    return program;
  }

  test("never writes beside one that took its lock for dead", async () => {
    const begin: Run = (files) => [sleeper(files), worker("b", "exclusive", files, { longSleeps: true })];
    const { states, endings } = await explore(begin, conflictAmong);
    expect(states).toBeGreaterThan(100);
    const text = [...endings].join("\n");
    expect(text).toContain("ENGINE_LOCK_LOST"); // the other was faster
    expect(text).toContain("ENGINE_LOCKED"); // the sleeper was
  });
});

afterAll(() => void process.stderr.write(`lock protocol: ${statesOfAll} states\n`));
