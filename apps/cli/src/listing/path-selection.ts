import type { Names } from "@holdfast/engine";

/** Which entries of a snapshot `ls` lists: all, or some folders and what lies in them, directly or at any depth. */
export class PathSelection {
  readonly #wanted: readonly Names[];
  readonly #isRecursive: boolean;

  constructor(wanted: readonly Names[], isRecursive: boolean) {
    this.#wanted = wanted;
    this.#isRecursive = isRecursive;
  }

  lists(names: Names): boolean {
    const depth = this.#isRecursive ? Infinity : 1;
    return this.#isAll || this.#wanted.some((path) => beginsWith(names, path) && names.length <= path.length + depth);
  }

  /** Whether something to list may lie in a folder. */
  enters(names: Names): boolean {
    return (
      this.#isAll ||
      this.#wanted.some((path) => beginsWith(path, names) || (this.#isRecursive && beginsWith(names, path)))
    );
  }

  get #isAll(): boolean {
    return this.#wanted.length === 0;
  }
}

function beginsWith(names: Names, start: Names): boolean {
  return names.length >= start.length && start.every((name, at) => names[at]?.equals(name));
}
