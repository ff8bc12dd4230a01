import { setImmediate } from "node:timers/promises";
import { silentLog } from "@holdfast/base";
import { Repository, type EngineContext } from "@holdfast/engine";
import { memoryStorage, type FileType, type Storage } from "@holdfast/storage";
import { manualClock, seededRandom, type ManualClock } from "@holdfast/testkit";

export const password = "several at once";
const kdf = { N: 2, r: 1, p: 1 };
/** Small packs, so that a few small files fill several and a prune has something to do. */
const packBytesTarget = 3000;

/** Somebody at work on a repository: a machine of their own, with its own clock and way to the storage. */
export interface Party {
  readonly name: string;
  readonly clock: ManualClock;
  readonly storage: PausableStorage;
  readonly context: EngineContext;
  open(): Promise<Repository>;
  /** Names for locks and snapshots. */
  readonly owner: { readonly hostname: string; readonly username: string; readonly pid: number };
}

export function party(name: string, storage: Storage): Party {
  const clock = manualClock();
  const pausable = pausableStorage(storage);
  const context = {
    clock,
    random: seededRandom(`random numbers of ${name}`),
    log: silentLog,
    processSpace: `machine of ${name}`,
  };
  return {
    name,
    clock,
    storage: pausable,
    context,
    open: () => Repository.open(pausable, { password, packBytesTarget }, context),
    owner: { hostname: name, username: "tester", pid: 1 },
  };
}

export async function newRepository(name = "founder"): Promise<Storage> {
  const storage = memoryStorage();
  const founder = party(name, storage);
  await Repository.init(storage, { password, kdf, ...founder.owner }, founder.context);
  return storage;
}

const types: readonly FileType[] = ["config", "key", "snapshot", "index", "lock", "pack"];

/** The same files once more, for another try from the same beginning. */
export async function copyOf(storage: Storage): Promise<Storage> {
  const copy = memoryStorage();
  for (const type of types) {
    const names = type === "config" ? [""] : (await Array.fromAsync(storage.list(type))).map(({ name }) => name);
    for (const name of names) await copy.write({ type, name }, await storage.read({ type, name }));
  }
  return copy;
}

/** A storage that can hold one call back before it does anything, or after it did and before it says so. */
export interface PausableStorage extends Storage {
  readonly calls: number;
  /** Holds the `nth` call from now on, or the first one after it that is `call`, such as "write pack". */
  holdAt(nth: number, when: "before" | "after", call?: string): { readonly reached: Promise<string>; release(): void };
}

function pausableStorage(inner: Storage): PausableStorage {
  let calls = 0;
  let hold:
    | { from: number; call: string | undefined; when: string; reach: (call: string) => void; released: Promise<void> }
    | undefined;

  const around = async <Result>(call: string, act: () => Promise<Result>): Promise<Result> => {
    calls += 1;
    const isHeld = hold !== undefined && calls >= hold.from && (hold.call === undefined || hold.call === call);
    const held = isHeld ? hold : undefined;
    if (isHeld) hold = undefined;
    const pause = async () => {
      held!.reach(call);
      await held!.released;
    };
    if (held?.when === "before") await pause();
    const result = await act();
    if (held?.when === "after") await pause();
    return result;
  };
  const collected = (type: FileType) => Array.fromAsync(inner.list(type));

  return {
    location: inner.location,
    properties: inner.properties,
    get calls() {
      return calls;
    },
    holdAt(nth, when, call) {
      const reached = Promise.withResolvers<string>();
      const released = Promise.withResolvers<void>();
      hold = { from: calls + nth, call, when, reach: reached.resolve, released: released.promise };
      return { reached: reached.promise, release: released.resolve };
    },
    create: () => inner.create(),
    stat: (file) => around(`stat ${file.type}`, () => inner.stat(file)),
    read: (file, range) => around(`read ${file.type}`, () => inner.read(file, range)),
    async *stream(file, range) {
      yield await around(`stream ${file.type}`, () => inner.read(file, range));
    },
    write: (file, body) => around(`write ${file.type}`, () => inner.write(file, body)),
    remove: (file) => around(`remove ${file.type}`, () => inner.remove(file)),
    async *list(type) {
      yield* await around(`list ${type}`, () => collected(type));
    },
    close: () => inner.close(),
  };
}

/** Lets time pass on these clocks until `work` has ended, as long as somebody waits for it. */
export async function untilDone<Result>(work: Promise<Result>, clocks: readonly ManualClock[]): Promise<Result> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  done.catch(() => {}); // the caller hears of it below
  for (let turns = 0; ; turns += 1) {
    await setImmediate();
    if (isDone) return done;
    if (turns % 3 === 2) for (const clock of clocks) clock.advanceMs(clock.sleepers > 0 ? 1000 : 1);
  }
}
