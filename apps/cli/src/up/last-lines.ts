/** Passes lines on and remembers the newest, for the moment when somebody asks what happened. */
export class LastLines {
  readonly #pass: (line: string) => void;
  #lines: string[] = [];

  constructor(pass: (line: string) => void) {
    this.#pass = pass;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  add(line: string): void {
    this.#pass(line);
    this.#lines = [...this.#lines.slice(1 - linesMax), line];
  }
}

const linesMax = 40;
