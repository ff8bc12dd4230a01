/**
 * Memory for stretches of streams, seen by all threads, used again and again: what is shared is no burden to the collector
 * of garbage, which would let it lie about.
 */
export class StretchBuffers {
  readonly #bytes: number;
  readonly #countMax: number;
  readonly #free: Uint8Array[] = [];
  #made = 0;
  #wanted: PromiseWithResolvers<void> | undefined;

  /** @param countMax so many that every stream that is read at once can hold the stretches of one chunk, and read on */
  constructor(bytes: number, countMax: number) {
    this.#bytes = bytes;
    this.#countMax = countMax;
  }

  /** One that nobody uses, when there is one. @param work rejects when there will be none */
  async take(work: () => Promise<unknown>): Promise<Uint8Array> {
    for (;;) {
      const free = this.#free.pop();
      if (free !== undefined) return free;
      if (this.#made < this.#countMax) {
        this.#made += 1;
        return new Uint8Array(new SharedArrayBuffer(this.#bytes));
      }
      this.#wanted ??= Promise.withResolvers();
      const { promise } = this.#wanted;
      await Promise.race([promise, work().then(() => promise)]);
    }
  }

  giveBack(buffer: Uint8Array): void {
    this.#free.push(buffer);
    this.#wanted?.resolve();
    this.#wanted = undefined;
  }
}
