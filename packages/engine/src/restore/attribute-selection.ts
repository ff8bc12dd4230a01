import { PatternList } from "../patterns/pattern-list.ts";

/** Patterns for names of extended attributes; at most one list is given. restic's `--include-xattr`, `--exclude-xattr`. */
export interface AttributeChoice {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** Says which extended attributes are restored; the others stay as they are in the target. */
export class AttributeSelection {
  readonly #include: PatternList;
  readonly #exclude: PatternList;

  /** @throws ENGINE_BAD_PATTERN */
  constructor({ include, exclude }: AttributeChoice) {
    this.#include = new PatternList(include);
    this.#exclude = new PatternList(exclude);
  }

  /** @param name bytes (latin1) */
  selects(name: string): boolean {
    if (this.#include.isEmpty && this.#exclude.isEmpty) return true;
    const path = [Buffer.from(name, "latin1").toString()];
    return this.#include.isEmpty ? !this.#exclude.matches(path) : this.#include.matches(path);
  }
}
