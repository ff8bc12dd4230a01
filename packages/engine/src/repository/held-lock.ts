import { HoldfastError, messageOf, minuteMs, secondMs, type Clock, type Log } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import type { Id } from "../id.ts";
import type { LockKind } from "./lock-file.ts";
import type { LockStore } from "./lock.ts";
import { lockDoubtfulMs, lockRefreshMs, lockStaleMs } from "./lock-staleness.ts";

/** A piece of work's hold on the repository. */
export interface RepositoryLock {
  /** Aborted with ENGINE_LOCK_LOST when the hold is lost; everything that writes must end then. */
  readonly signal: AbortSignal;
  /** Gives the repository back. Never throws: a lock that cannot be removed is stale in 30 minutes. */
  release(): Promise<void>;
}

/** How often the hold looks at the wall clock: after a sleep of the machine it must not take long to notice. */
const watchEveryMs = 5 * secondMs;
const retryEveryMs = 30 * secondMs;
const recheckAfterMs = 200;
/** A renewal that hangs longer has failed. */
const attemptMs = minuteMs;

/** Keeps a lock fresh, and knows when it no longer can be trusted. */
export class HeldLock implements RepositoryLock {
  readonly kind: LockKind;
  readonly #store: LockStore;
  readonly #describe: () => Uint8Array;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  readonly #watching: Promise<void>;
  /** Our lock files: the last is the valid one, those before it could not be removed yet. */
  readonly #ids: Id[];
  #freshAtMs: { wall: number; monotonic: number };
  #triedAtMs = -Infinity;
  #seenAtMs = -Infinity;
  #renewal: Promise<void> | undefined;

  /**
   * @param describe the lock file's content with the present time
   * @param freshAtMs when the lock file that is there now was made, on both clocks
   */
  constructor(
    store: LockStore,
    id: Id,
    kind: LockKind,
    describe: () => Uint8Array,
    freshAtMs: { wall: number; monotonic: number },
    context: { clock: Clock; log: Log },
  ) {
    this.#store = store;
    this.#ids = [id];
    this.kind = kind;
    this.#describe = describe;
    this.#freshAtMs = freshAtMs;
    this.#clock = context.clock;
    this.#log = context.log;
    this.#watching = this.#watch();
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether a lock file is one of this hold. */
  owns(id: Id): boolean {
    return this.#ids.includes(id);
  }

  /**
   * Resolves when the hold is beyond doubt now. Called before every write, because a machine that wakes up may run
   * a write before any timer.
   * @throws ENGINE_LOCK_LOST
   */
  async ensureHeld(): Promise<void> {
    while (!this.#lost.signal.aborted && this.#ageMs() >= lockDoubtfulMs) {
      await this.#renew();
      if (this.#ageMs() >= lockDoubtfulMs) await this.#clock.sleep(watchEveryMs, this.#lost.signal);
    }
    this.#lost.signal.throwIfAborted();
  }

  /**
   * As `ensureHeld`, and looks that the lock file is there: for what cannot be taken back. Somebody may have removed it by
   * hand, or because of a clock that is hours off, and a prune may be at work since.
   * @param trustMs how old the last look may be
   * @throws ENGINE_LOCK_LOST, and what the storage throws when it cannot be asked
   */
  async confirmHeld(trustMs: number): Promise<void> {
    await this.ensureHeld();
    if (this.#clock.monotonicMs() - this.#seenAtMs < trustMs) return;
    for (;;) {
      await this.#renewal;
      this.#lost.signal.throwIfAborted();
      const id = this.#ids.at(-1)!;
      const askedAtMs = this.#clock.monotonicMs();
      if (await this.#store.exists(id, this.#lost.signal)) {
        this.#seenAtMs = askedAtMs;
        return;
      }
      if (this.#renewal === undefined && this.#ids.at(-1) === id) this.#lose("somebody removed the lock file");
    }
  }

  async release(): Promise<void> {
    if (this.#released.signal.aborted) return;
    this.#released.abort();
    await this.#watching;
    await this.#renewal;
    try {
      await this.#withinAttempt((signal) => this.#removeAllBut(undefined, signal));
    } catch (error) {
      this.#log.warn("could not remove the own lock; it is stale in 30 minutes", { why: messageOf(error) });
    }
  }

  async #watch(): Promise<void> {
    try {
      while (!this.#lost.signal.aborted) {
        await this.#clock.sleep(watchEveryMs, this.#released.signal);
        const sinceTryMs = this.#clock.monotonicMs() - this.#triedAtMs;
        if (this.#ageMs() >= lockRefreshMs && sinceTryMs >= retryEveryMs) await this.#renew();
      }
    } catch (error) {
      if (!this.#released.signal.aborted) this.#lose(messageOf(error));
    }
  }

  /** Both clocks, whichever went further: one stands still while a machine sleeps, the other may be set back. */
  #ageMs(): number {
    const wallMs = this.#clock.nowMs() - this.#freshAtMs.wall;
    const monotonicMs = this.#clock.monotonicMs() - this.#freshAtMs.monotonic;
    return Math.max(wallMs, monotonicMs);
  }

  /** One renewal at a time; who comes meanwhile waits for that one. */
  #renew(): Promise<void> {
    this.#renewal ??= this.#renewOnce().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  /**
   * Writes the lock anew, then removes the old file. A failure is tried again as long as nobody can have taken the
   * lock for stale; a lock file that somebody removed is lost at once.
   */
  async #renewOnce(): Promise<void> {
    const isDoubtful = this.#ageMs() >= lockDoubtfulMs;
    this.#triedAtMs = this.#clock.monotonicMs();
    try {
      await this.#withinAttempt(async (signal) => {
        const freshAtMs = { wall: this.#clock.nowMs(), monotonic: this.#clock.monotonicMs() };
        const old = this.#ids.at(-1)!;
        await this.#ensureIsThere(old, signal);
        const renewed = await this.#store.save(this.#describe(), signal);
        this.#ids.splice(-1, 0, renewed); // not valid yet, but to be removed if it never becomes so
        if (this.#released.signal.aborted) await this.#store.remove(renewed); // nobody else is left to do it
        signal.throwIfAborted(); // an answer that came too late counts for nothing
        if (isDoubtful) {
          await this.#clock.sleep(recheckAfterMs, signal);
          await this.#ensureIsThere(old, signal);
        }
        this.#ids.push(...this.#ids.splice(this.#ids.indexOf(renewed), 1));
        this.#freshAtMs = freshAtMs;
        await this.#removeAllBut(renewed, signal);
      });
    } catch (error) {
      this.#log.warn("could not renew the lock", { why: messageOf(error) });
      if (error instanceof LockRemoved || this.#ageMs() >= lockStaleMs - attemptMs) this.#lose(messageOf(error));
    }
  }

  /** Somebody who took this lock for stale has removed its file, and may be removing packs. */
  async #ensureIsThere(id: Id, signal: AbortSignal): Promise<void> {
    if (!(await this.#store.exists(id, signal))) throw new LockRemoved();
  }

  async #removeAllBut(kept: Id | undefined, signal: AbortSignal): Promise<void> {
    for (const id of this.#ids.filter((other) => other !== kept)) {
      await this.#store.remove(id, signal);
      this.#ids.splice(this.#ids.indexOf(id), 1);
    }
  }

  #lose(why: string): void {
    this.#lost.abort(
      new HoldfastError(engineErrors.lockLost, "The lock on the repository was lost; the work was stopped.", {
        internal: why,
      }),
    );
  }

  /** Ends with the attempt, or when it has taken too long, even if the storage does not hear the signal. */
  async #withinAttempt(attempt: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const tooLong = new AbortController();
    const done = new AbortController();
    const timeout = this.#clock.sleep(attemptMs, done.signal).then(() => {
      const error = new Error("no answer in time");
      tooLong.abort(error);
      throw error;
    });
    try {
      await Promise.race([attempt(tooLong.signal), timeout]);
    } finally {
      done.abort();
      timeout.catch(() => {}); // ended, or told already
    }
  }
}

class LockRemoved extends Error {
  constructor() {
    super("somebody removed the lock file");
  }
}
