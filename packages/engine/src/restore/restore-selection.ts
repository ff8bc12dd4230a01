import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { decodeName } from "../patterns/name-text.ts";
import { PatternList } from "../patterns/pattern-list.ts";
import type { Names } from "./walk-tree.ts";

/** What of a snapshot is wanted: what matches, or what does not. Paths begin at the top of what is restored. */
export interface SelectionOptions {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

export class RestoreSelection {
  readonly #include: PatternList;
  readonly #exclude: PatternList;

  /** @throws ENGINE_BAD_PATTERN, also when both lists are given: then nobody could say which of them wins */
  constructor(options: SelectionOptions) {
    this.#include = new PatternList(options.include ?? []);
    this.#exclude = new PatternList(options.exclude ?? []);
    if (!this.#include.isEmpty && !this.#exclude.isEmpty) {
      throw new HoldfastError(
        engineErrors.badPattern,
        "Give patterns of what to include or of what to exclude, not both.",
      );
    }
  }

  get isEverything(): boolean {
    return this.#include.isEmpty && this.#exclude.isEmpty;
  }

  selects(names: Names): boolean {
    if (this.isEverything) return true;
    const path = textOf(names);
    return this.#include.isEmpty ? !this.#exclude.matches(path) : this.#include.matches(path);
  }

  /** Whether a directory is worth going into. */
  mayHoldSelected(names: Names): boolean {
    if (this.#include.isEmpty) return this.selects(names);
    const path = textOf(names);
    return this.#include.matches(path) || this.#include.mayMatchBelow(path);
  }
}

function textOf(names: Names): string[] {
  return names.map((name) => decodeName(name.toString("latin1")));
}
