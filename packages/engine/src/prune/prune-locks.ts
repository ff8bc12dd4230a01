import { isFailure, minuteMs, secondMs } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import type { RepositoryLock } from "../repository/held-lock.ts";
import type { LockOptions } from "../repository/lock.ts";
import type { Repository } from "../repository/repository.ts";

/** Others may be in the middle of a backup when the exclusive lock is wanted; what was done so far is worth a wait. */
const commitPatienceMs = 10 * minuteMs;
/** An exclusive lock stays beside the shared one for so long: a listing may take a while, and has to show one of them. */
const overlapMs = 200;

/**
 * The locks of one prune: a shared one to look around and copy, then an exclusive one to remove. Each is taken beside
 * the one before, so that nobody comes between, and the pause before the second passes while the last copies are stored.
 */
export class PruneLocks {
  readonly #repository: Repository;
  readonly #options: LockOptions | undefined;
  readonly #signal: AbortSignal | undefined;
  #shared: RepositoryLock | undefined;
  #exclusive: Promise<RepositoryLock | undefined> | undefined;
  #steppingDown: Promise<void> | undefined;

  /** @param options without them the caller holds what is needed, or works alone */
  constructor(repository: Repository, options: LockOptions | undefined, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#options = options;
    this.#signal = signal;
  }

  /** @param inPlaceOf an exclusive lock that the caller holds, and that is given back here */
  async share(inPlaceOf: RepositoryLock | undefined): Promise<void> {
    if (this.#options === undefined) return;
    const options = { ...this.#options, loadsIndex: true, beside: inPlaceOf };
    this.#shared = await this.#repository.lock("shared", options, this.#signal);
    if (inPlaceOf === undefined) return;
    const { clock } = this.#repository.context;
    this.#steppingDown = clock
      .sleep(overlapMs, this.#shared.signal)
      .catch(() => {})
      .then(() => inPlaceOf.release());
  }

  /** Work under the shared lock. */
  whileShared<Result>(work: (signal: AbortSignal | undefined) => Promise<Result>): Promise<Result> {
    return this.#under(this.#shared, work);
  }

  /** Asks for the exclusive lock beside the shared one, once; `whileAlone` sees what came of it. */
  askForExclusive(): void {
    if (this.#shared === undefined || this.#exclusive !== undefined) return;
    this.#exclusive = this.#takeExclusive(this.#shared).catch(() => undefined);
  }

  /**
   * Work under the exclusive lock, which others may hold up for a while. Two prunes that came to this point together
   * would get into each other's way for ever if both tried again at the same moments, so each waits as chance has it,
   * and lets go of its shared lock before.
   */
  async whileAlone<Result>(work: (signal: AbortSignal | undefined) => Promise<Result>): Promise<Result> {
    if (this.#options === undefined) return work(this.#signal);
    const { clock, random, log } = this.#repository.context;
    const untilMs = clock.monotonicMs() + Math.max(this.#options.retryForMs ?? 0, commitPatienceMs);
    let held = await this.#exclusive;
    await this.#letGoOfShared();
    while (held === undefined) {
      try {
        held = await this.#takeExclusive(undefined);
      } catch (error) {
        if (!isFailure(error, engineErrors.locked) || clock.monotonicMs() >= untilMs) throw error;
        log.info("waiting for others to end before anything is removed", { why: error.message });
        await clock.sleep(secondMs + random.bytes(1)[0]! * 32, this.#signal);
      }
    }
    this.#exclusive = Promise.resolve(held);
    return this.#under(held, work);
  }

  /** Gives back whatever is held; to be called in any case. */
  async end(): Promise<void> {
    const exclusive = await this.#exclusive;
    await exclusive?.release();
    await this.#letGoOfShared();
  }

  async #takeExclusive(beside: RepositoryLock | undefined): Promise<RepositoryLock> {
    await this.#steppingDown;
    const options = { ...this.#options!, retryForMs: 0, loadsIndex: beside === undefined, beside };
    return this.#repository.lock("exclusive", options, this.#signal);
  }

  async #letGoOfShared(): Promise<void> {
    await this.#steppingDown;
    await this.#shared?.release();
    this.#shared = undefined;
  }

  /** A lock that was lost is the reason for whatever failed then. */
  async #under<Result>(
    lock: RepositoryLock | undefined,
    work: (signal: AbortSignal | undefined) => Promise<Result>,
  ): Promise<Result> {
    if (lock === undefined) return work(this.#signal);
    try {
      return await work(this.#signal === undefined ? lock.signal : AbortSignal.any([this.#signal, lock.signal]));
    } catch (error) {
      if (lock.signal.aborted && this.#signal?.aborted !== true) throw lock.signal.reason;
      throw error;
    }
  }
}
