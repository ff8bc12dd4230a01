import { setImmediate } from "node:timers/promises";
import { concatBytes, HoldfastError } from "@holdfast/base";
import {
  storageErrors,
  type ByteRange,
  type FileBody,
  type FileEntry,
  type FileHandle,
  type FileType,
  type Storage,
} from "@holdfast/storage";

export type StorageOperation = "create" | "stat" | "read" | "stream" | "write" | "remove" | "list";

/** One thing that goes wrong. It strikes the `nth` call that fits, counted from when the fault was added. */
export interface Fault {
  readonly operation: StorageOperation | readonly StorageOperation[];
  /** Only files of this type; default any. */
  readonly type?: FileType;
  /** Counted from 1, the default. */
  readonly nth?: number;
  /** How many calls in a row it strikes; default 1, `Infinity` for a storage that never comes back. */
  readonly times?: number;
  readonly how:
    | "fail" // nothing happened, and the caller is told
    | "fail-after" // it happened, but the answer was lost
    | "break-off" // half of the bytes or entries come, then it fails; of a write, half stays behind
    | "cut-short" // half of the bytes or entries come or are stored, and nobody says so
    | "corrupt" // the lowest bit of the middle byte is flipped, in what is read or what is stored
    | "pretend" // writes and removals are acknowledged and not done
    | "run-out-of-space" // STORAGE_FULL; of a write, half stays behind where the storage has no atomic writes
    | "delay" // answered only after every other call that was under way, or came within a few turns, has been answered
    | "duplicate" // done twice; entries of a listing come twice
    | "stale-list"; // the listing is as it was when the fault was added
  /** What the caller is told; default STORAGE_UNREACHABLE, or STORAGE_FULL where space runs out. */
  readonly error?: HoldfastError;
}

export interface StorageCall {
  readonly operation: StorageOperation;
  readonly type: FileType | undefined;
  readonly name: string;
}

export interface Pause {
  /** Resolves when the call has arrived and waits. */
  readonly reached: Promise<void>;
  resume(): void;
}

export interface FaultyStorage extends Storage {
  /** Every call so far, in order. */
  readonly calls: readonly StorageCall[];
  /** How often faults struck. A test whose fault never struck has tested nothing, so assert this. */
  readonly hits: number;
  add(fault: Fault): void;
  /** Holds the `nth` matching call from now on, before it does anything. */
  pauseBefore(operation: StorageOperation, type?: FileType, nth?: number): Pause;
  /** The names really stored, sorted; not counted as a call. */
  names(type: FileType): Promise<string[]>;
}

/** `storage`, with the faults of `plan` and those added later. */
export function faultyStorage(storage: Storage, plan: readonly Fault[] = []): FaultyStorage {
  const faulty = new StorageWithFaults(storage);
  for (const fault of plan) faulty.add(fault);
  return faulty;
}

interface Armed {
  readonly fits: (call: StorageCall) => boolean;
  readonly firstStrike: number;
  readonly strikes: number;
  readonly fault: Fault | undefined;
  readonly pause: (() => Promise<void>) | undefined;
  /** How many changes the storage had seen when the fault was added. */
  readonly changesBefore: number;
  seen: number;
}

class StorageWithFaults implements FaultyStorage {
  readonly calls: StorageCall[] = [];
  hits = 0;
  #underWay = 0;
  readonly #inner: Storage;
  readonly #armed: Armed[] = [];
  /** What was written, and with its entry what was removed, for listings that are stale. */
  readonly #changes: { readonly file: FileHandle; readonly removed: FileEntry | undefined }[] = [];

  constructor(inner: Storage) {
    this.#inner = inner;
  }

  get location() {
    return this.#inner.location;
  }
  get properties() {
    return this.#inner.properties;
  }

  add(fault: Fault): void {
    const operations: readonly StorageOperation[] =
      typeof fault.operation === "string" ? [fault.operation] : fault.operation;
    this.#armed.push({
      fits: (call) => operations.includes(call.operation) && (fault.type === undefined || fault.type === call.type),
      firstStrike: fault.nth ?? 1,
      strikes: fault.times ?? 1,
      fault,
      pause: undefined,
      changesBefore: this.#changes.length,
      seen: 0,
    });
  }

  pauseBefore(operation: StorageOperation, type?: FileType, nth = 1): Pause {
    const reached = Promise.withResolvers<void>();
    const resumed = Promise.withResolvers<void>();
    this.#armed.push({
      fits: (call) => call.operation === operation && (type === undefined || call.type === type),
      firstStrike: nth,
      strikes: 1,
      fault: undefined,
      pause: () => {
        reached.resolve();
        return resumed.promise;
      },
      changesBefore: 0,
      seen: 0,
    });
    return { reached: reached.promise, resume: () => resumed.resolve() };
  }

  async names(type: FileType): Promise<string[]> {
    const entries = await Array.fromAsync(this.#inner.list(type));
    return entries.map((entry) => entry.name).sort();
  }

  async create(signal?: AbortSignal): Promise<void> {
    const strike = await this.#arrive("create");
    await this.#around(strike, () => this.#inner.create(signal));
  }

  async stat(file: FileHandle, signal?: AbortSignal): Promise<FileEntry> {
    const strike = await this.#arrive("stat", file.type, file.name);
    return this.#around(strike, () => this.#inner.stat(file, signal));
  }

  async read(file: FileHandle, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array> {
    const strike = await this.#arrive("read", file.type, file.name);
    const bytes = await this.#around(strike, () => this.#inner.read(file, range, signal));
    if (strike?.how === "break-off") throw errorOf(strike);
    return altered(strike, bytes);
  }

  async *stream(file: FileHandle, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const strike = await this.#arrive("stream", file.type, file.name);
    if (strike === undefined) {
      yield* this.#inner.stream(file, range, signal);
      return;
    }
    // A strike needs the whole to find its middle; tests stream little.
    const whole = await this.#around(strike, () => this.#inner.read(file, range, signal));
    const bytes = altered(strike, whole);
    for (let at = 0; at < bytes.byteLength; at += 1000) yield bytes.subarray(at, at + 1000);
    if (strike.how === "break-off") throw errorOf(strike);
  }

  async write(file: FileHandle, body: Uint8Array | FileBody, signal?: AbortSignal): Promise<void> {
    const strike = await this.#arrive("write", file.type, file.name);
    const isWhole = strike?.how === "run-out-of-space" && this.properties.hasAtomicWrite;
    if (strike === undefined || isWhole || !hitsBytes.has(strike.how)) {
      await this.#around(strike, () => this.#inner.write(file, body, signal));
      this.#changes.push({ file, removed: undefined });
      return;
    }
    const whole = body instanceof Uint8Array ? body : concatBytes(await Array.fromAsync(body.pieces));
    if (strike.how === "pretend") return;
    await this.#inner.write(file, altered(strike, whole), signal);
    this.#changes.push({ file, removed: undefined });
    if (strike.how === "duplicate") await this.#inner.write(file, whole, signal).catch(() => {}); // the first one stands
    if (strike.how === "break-off" || strike.how === "run-out-of-space") throw errorOf(strike);
  }

  async remove(file: FileHandle, signal?: AbortSignal): Promise<void> {
    const strike = await this.#arrive("remove", file.type, file.name);
    if (strike?.how === "pretend") return;
    const removed = await this.#inner.stat(file).catch(() => undefined);
    await this.#around(strike, () => this.#inner.remove(file, signal));
    if (strike?.how === "duplicate") await this.#inner.remove(file, signal);
    if (removed !== undefined) this.#changes.push({ file, removed });
  }

  async *list(type: FileType, signal?: AbortSignal): AsyncGenerator<FileEntry> {
    const strike = await this.#arrive("list", type);
    if (strike === undefined) {
      yield* this.#inner.list(type, signal);
      return;
    }
    const entries = await this.#around(strike, () => Array.fromAsync(this.#inner.list(type, signal)));
    if (strike.how === "duplicate") yield* entries;
    if (strike.how === "stale-list") yield* this.#asBefore(strike, type, entries);
    else yield* cutsShort(strike) ? entries.slice(0, Math.floor(entries.length / 2)) : entries;
    if (strike.how === "break-off") throw errorOf(strike);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** The entries of a type as they were when `fault` was added. */
  #asBefore(fault: Fault, type: FileType, now: readonly FileEntry[]): FileEntry[] {
    const changesBefore = this.#armed.find((armed) => armed.fault === fault)?.changesBefore ?? 0;
    const entries = new Map(now.map((entry) => [entry.name, entry]));
    for (const { file, removed } of this.#changes.slice(changesBefore).toReversed()) {
      if (file.type !== type) continue;
      if (removed === undefined) entries.delete(file.name);
      else entries.set(file.name, removed);
    }
    return [...entries.values()];
  }

  /** Notes the call, waits where it is to pause, and says which fault strikes it. */
  async #arrive(operation: StorageOperation, type?: FileType, name = ""): Promise<Fault | undefined> {
    const call = { operation, type, name };
    this.calls.push(call);
    let strike: Fault | undefined;
    const pauses: Promise<void>[] = [];
    for (const armed of this.#armed) {
      if (!armed.fits(call)) continue;
      armed.seen += 1;
      if (armed.seen < armed.firstStrike || armed.seen >= armed.firstStrike + armed.strikes) continue;
      if (armed.pause !== undefined) pauses.push(armed.pause());
      strike ??= armed.fault;
    }
    if (strike !== undefined) this.hits += 1;
    await Promise.all(pauses);
    return strike;
  }

  async #around<Result>(strike: Fault | undefined, act: () => Promise<Result>): Promise<Result> {
    if (strike?.how === "fail" || strike?.how === "run-out-of-space") throw errorOf(strike);
    if (strike?.how === "delay") await this.#letOthersPass();
    this.#underWay += 1;
    try {
      const result = await act();
      if (strike?.how === "fail-after") throw errorOf(strike);
      return result;
    } finally {
      this.#underWay -= 1;
    }
  }

  /** So that calls are done in another order than they were made in. */
  async #letOthersPass(): Promise<void> {
    for (let quiet = 0; quiet < 5; quiet = this.#underWay === 0 ? quiet + 1 : 0) await setImmediate();
  }
}

/** Faults of a write that need all of its bytes. */
const hitsBytes: ReadonlySet<Fault["how"]> = new Set([
  "break-off",
  "cut-short",
  "corrupt",
  "pretend",
  "duplicate",
  "run-out-of-space",
]);

function errorOf(fault: Fault): HoldfastError {
  const entry = fault.how === "run-out-of-space" ? storageErrors.full : storageErrors.unreachable;
  return fault.error ?? new HoldfastError(entry, "The storage failed, as the test told it to.");
}

function cutsShort(fault: Fault | undefined): boolean {
  return fault?.how === "cut-short" || fault?.how === "break-off" || fault?.how === "run-out-of-space";
}

function altered(fault: Fault | undefined, bytes: Uint8Array): Uint8Array {
  if (cutsShort(fault)) return bytes.subarray(0, Math.floor(bytes.byteLength / 2));
  if (fault?.how !== "corrupt" || bytes.byteLength === 0) return bytes;
  const flipped = new Uint8Array(bytes);
  flipped[bytes.byteLength >> 1]! ^= 1;
  return flipped;
}
