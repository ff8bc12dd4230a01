/** Lets so many at once do something; of those who wait, the one that came last is next. */
export class Turns {
  #left: number;
  readonly #waiting: (() => void)[] = [];

  constructor(turns: number) {
    this.#left = turns;
  }

  async take(): Promise<void> {
    if (this.#left > 0) {
      this.#left -= 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  giveBack(): void {
    const next = this.#waiting.pop();
    if (next === undefined) this.#left += 1;
    else next();
  }
}
