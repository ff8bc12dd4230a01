import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { decodeName } from "../patterns/name-text.ts";
import { PatternList } from "../patterns/pattern-list.ts";
import type { AttributeChoice } from "./attribute-selection.ts";
import type { Names } from "./walk-tree.ts";

/** What of a snapshot is wanted: what matches, or what does not. Paths begin at the top of what is restored. */
export interface SelectionOptions {
  readonly include?: readonly string[];
  readonly includeIgnoringCase?: readonly string[];
  readonly exclude?: readonly string[];
  readonly excludeIgnoringCase?: readonly string[];
  /** Names of extended attributes, as `user.*`. */
  readonly includeAttributes?: readonly string[];
  readonly excludeAttributes?: readonly string[];
}

export class RestoreSelection {
  /** Which extended attributes are wanted. */
  readonly attributes: AttributeChoice;
  readonly #include: readonly PatternList[];
  readonly #exclude: readonly PatternList[];

  /** @throws ENGINE_BAD_PATTERN, also when both lists are given: then nobody could say which of them wins */
  constructor(options: SelectionOptions) {
    this.#include = listsOf(options.include, options.includeIgnoringCase);
    this.#exclude = listsOf(options.exclude, options.excludeIgnoringCase);
    this.attributes = { include: options.includeAttributes ?? [], exclude: options.excludeAttributes ?? [] };
    if (this.#include.length > 0 && this.#exclude.length > 0) throw bothGiven();
    if (this.attributes.include.length > 0 && this.attributes.exclude.length > 0) throw bothGiven();
  }

  get isEverything(): boolean {
    return this.#include.length === 0 && this.#exclude.length === 0;
  }

  selects(names: Names): boolean {
    if (this.isEverything) return true;
    const path = textOf(names);
    return this.#include.length === 0
      ? !this.#exclude.some((list) => list.matches(path))
      : this.#include.some((list) => list.matches(path));
  }

  /** Whether a directory is worth going into. */
  mayHoldSelected(names: Names): boolean {
    if (this.#include.length === 0) return this.selects(names);
    const path = textOf(names);
    return this.#include.some((list) => list.matches(path) || list.mayMatchBelow(path));
  }
}

function listsOf(patterns: readonly string[] = [], ignoringCase: readonly string[] = []): PatternList[] {
  return [new PatternList(patterns), new PatternList(ignoringCase, { ignoreCase: true })].filter(
    (list) => !list.isEmpty,
  );
}

function bothGiven(): HoldfastError {
  return new HoldfastError(
    engineErrors.badPattern,
    "Give patterns of what to include or of what to exclude, not both.",
  );
}

function textOf(names: Names): string[] {
  return names.map((name) => decodeName(name.toString("latin1")));
}
