/**
 * Pieces of work under way at once. Whoever starts one waits until there is room, so nobody runs ahead of the memory;
 * the first failure is thrown to whoever comes next.
 */
export class InFlight {
  readonly #callsMax: number;
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(callsMax: number) {
    this.#callsMax = callsMax;
  }

  /** Resolves when the work has begun. @throws the failure of an earlier piece */
  async start(work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#callsMax) await Promise.race(this.#running);
    this.throwIfFailed();
    const running = work()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Resolves when nothing is under way, whatever became of it. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Resolves when everything has ended. @throws the first failure */
  async drained(): Promise<void> {
    await this.settled();
    this.throwIfFailed();
  }
}
