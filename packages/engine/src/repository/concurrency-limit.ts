/** Lets a number of calls run at once; the others wait their turn in the order they came. */
export class ConcurrencyLimit {
  readonly #callsMax: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(callsMax: number) {
    this.#callsMax = callsMax;
  }

  async run<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#callsMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await call();
    } finally {
      const next = this.#waiting.shift(); // takes over the place of this call
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
