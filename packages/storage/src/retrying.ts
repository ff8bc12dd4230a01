import { HoldfastError, isFailure, minuteMs, secondMs, type Clock, type Log, type Random } from "@holdfast/base";
import { storageErrors } from "./errors.ts";
import { isRepeatable, sizeOfBody } from "./file-body.ts";
import { describeFile } from "./layout.ts";
import type { ByteRange, FileBody, FileEntry, FileHandle, FileType, Storage } from "./storage.ts";

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A call fails when it got nowhere for this long. Default 15 minutes, as restic; 0 tries once. */
  readonly budgetMs?: number | undefined;
}

const firstPauseMs = 1 * secondMs;
const pauseMsMax = 60 * secondMs;

/**
 * `storage`, with calls that failed for a reason that may pass made again after growing, scattered pauses.
 *
 * A write whose answer was lost is recognised by the file it left, and an interrupted stream or listing goes on where
 * it stopped. Only a body of pieces that is not an array cannot be sent again: then the first failure stands.
 *
 * @see restic-format.md section 1.3 "Retry policy"; reliability F40-F42
 */
export function retrying(storage: Storage, options: RetryOptions): Storage {
  return new RetryingStorage(storage, options);
}

class RetryingStorage implements Storage {
  readonly #inner: Storage;
  readonly #options: RetryOptions;

  constructor(inner: Storage, options: RetryOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  get location() {
    return this.#inner.location;
  }
  get properties() {
    return this.#inner.properties;
  }

  create(signal?: AbortSignal): Promise<void> {
    return this.#repeat("create", signal, () => this.#inner.create(signal));
  }

  stat(file: FileHandle, signal?: AbortSignal): Promise<FileEntry> {
    return this.#repeat(`stat ${describeFile(file)}`, signal, () => this.#inner.stat(file, signal));
  }

  read(file: FileHandle, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#repeat(`read ${describeFile(file)}`, signal, () => this.#inner.read(file, range, signal));
  }

  async *stream(file: FileHandle, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const patience = this.#patience(`stream ${describeFile(file)}`, signal);
    let rest = range;
    let given = 0;
    for (;;) {
      const givenBefore = given;
      try {
        for await (const piece of this.#inner.stream(file, rest, signal)) {
          given += piece.byteLength;
          yield piece;
        }
        return;
      } catch (error) {
        await patience.after(error, given > givenBefore);
      }
      if (given === 0) continue;
      // Files never change, so what was given stays given.
      const { offset, length } = range ?? { offset: 0, length: (await this.stat(file, signal)).sizeBytes };
      rest = { offset: offset + given, length: length - given };
    }
  }

  async write(file: FileHandle, body: Uint8Array | FileBody, signal?: AbortSignal): Promise<void> {
    const patience = this.#patience(`write ${describeFile(file)}`, signal);
    let failure: HoldfastError | undefined;
    for (;;) {
      try {
        if (failure !== undefined && (await this.#isStoredAfterAll(file, body, signal))) return;
        if (failure === undefined || isRepeatable(body)) return await this.#inner.write(file, body, signal);
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error;
        const mayBeOurs = failure !== undefined && isFailure(error, storageErrors.exists);
        if (mayBeOurs && (await this.#isStoredAfterAll(file, body, signal))) return;
        await patience.after(error);
        failure ??= error;
        continue;
      }
      throw failure;
    }
  }

  remove(file: FileHandle, signal?: AbortSignal): Promise<void> {
    return this.#repeat(`remove ${describeFile(file)}`, signal, () => this.#inner.remove(file, signal));
  }

  async *list(type: FileType, signal?: AbortSignal): AsyncGenerator<FileEntry> {
    const patience = this.#patience(`list ${type}`, signal);
    const given = new Set<string>();
    for (;;) {
      const givenBefore = given.size;
      try {
        for await (const entry of this.#inner.list(type, signal)) {
          if (given.has(entry.name)) continue;
          given.add(entry.name);
          yield entry;
        }
        return;
      } catch (error) {
        await patience.after(error, given.size > givenBefore);
      }
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /**
   * Whether an earlier attempt got through and only its answer was lost. Names are hashes of content, so a file of
   * this name and size is this file; the config's name says nothing, so for it this is never assumed.
   * Half a file under the final name, as storages without atomic writes leave it, is cleared away.
   */
  async #isStoredAfterAll(
    file: FileHandle,
    body: Uint8Array | FileBody,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (file.type === "config") return false;
    let sizeBytes: number;
    try {
      ({ sizeBytes } = await this.#inner.stat(file, signal));
    } catch (error) {
      if (isFailure(error, storageErrors.missing)) return false;
      throw error;
    }
    if (sizeBytes === sizeOfBody(body)) return true;
    if (!this.#inner.properties.hasAtomicWrite) await this.#inner.remove(file, signal);
    return false;
  }

  async #repeat<Result>(call: string, signal: AbortSignal | undefined, act: () => Promise<Result>): Promise<Result> {
    const patience = this.#patience(call, signal);
    for (;;) {
      try {
        return await act();
      } catch (error) {
        await patience.after(error);
      }
    }
  }

  #patience(call: string, signal: AbortSignal | undefined): Patience {
    return new Patience(this.#options, this.#inner.location, call, signal);
  }
}

/** How long one call is tried for: the budget runs from its first failure, and anew whenever it got further. */
class Patience {
  readonly #options: RetryOptions;
  readonly #location: string;
  readonly #call: string;
  readonly #signal: AbortSignal | undefined;
  #failingSinceMs: number | undefined;
  #pauseMs = firstPauseMs;

  constructor(options: RetryOptions, location: string, call: string, signal: AbortSignal | undefined) {
    this.#options = options;
    this.#location = location;
    this.#call = call;
    this.#signal = signal;
  }

  /** Returns when it is time to try again. @throws `error` when it is not worth it, or the signal's reason */
  async after(error: unknown, gotFurther = false): Promise<void> {
    const { clock, random, log, budgetMs = 15 * minuteMs } = this.#options;
    if (this.#signal?.aborted || !mayPass(error)) throw error;
    if (this.#failingSinceMs === undefined || gotFurther) {
      this.#failingSinceMs = clock.monotonicMs();
      this.#pauseMs = firstPauseMs;
    }
    // Between half and the whole of the pause, so that a thousand devices do not come back in one moment.
    const fraction = new DataView(random.bytes(4).buffer).getUint32(0) / 2 ** 32;
    const pauseMs = Math.round(this.#pauseMs * (0.5 + fraction / 2));
    if (clock.monotonicMs() - this.#failingSinceMs + pauseMs > budgetMs) throw error;
    log.warn("the storage failed, trying again", {
      location: this.#location,
      call: this.#call,
      code: error.code,
      reason: error.message,
      pauseMs,
    });
    await clock.sleep(pauseMs, this.#signal);
    this.#pauseMs = Math.min(this.#pauseMs * 2, pauseMsMax);
  }
}

/** A full disk may be emptied one day, but not by knocking on it every few seconds. */
function mayPass(error: unknown): error is HoldfastError {
  return error instanceof HoldfastError && error.retryable && error.code !== storageErrors.full.code;
}
