import type { Names } from "./walk-tree.ts";

/** The first name of a file that has several, and whether the file came to be there under it. */
export class FirstName {
  readonly names: Names;
  #isThere: boolean | undefined;
  readonly #waiting: ((isThere: boolean) => void)[] = [];

  constructor(names: Names) {
    this.names = names;
  }

  /** Calls back at once when it is known already. */
  whenSettled(use: (isThere: boolean) => void): void {
    if (this.#isThere === undefined) this.#waiting.push(use);
    else use(this.#isThere);
  }

  settle(isThere: boolean): void {
    this.#isThere ??= isThere;
    for (const use of this.#waiting.splice(0)) use(this.#isThere);
  }
}
