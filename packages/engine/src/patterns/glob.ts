import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";

type Token =
  | { readonly kind: "any-run" }
  | { readonly kind: "any-one" }
  | { readonly kind: "one"; readonly codePoint: number }
  | { readonly kind: "set"; readonly isNegated: boolean; readonly ranges: readonly (readonly [number, number])[] };

/**
 * One component of a pattern as Go's filepath.Match reads it: `*` any run, `?` one character, `[a-z]`, `[^a-z]`, and a
 * backslash before anything that is meant as it stands. Time is at most linear in pattern times name.
 */
export class Glob {
  readonly #literal: string | undefined;
  readonly #tokens: readonly Token[];

  /** @throws ENGINE_BAD_PATTERN */
  constructor(pattern: string) {
    this.#literal = /[*?[\\]/.test(pattern) ? undefined : pattern;
    this.#tokens = this.#literal === undefined ? tokensOf(pattern) : [];
  }

  /** @param name as `decodeName` gives it */
  matches(name: string): boolean {
    if (this.#literal !== undefined) return this.#literal === name;
    let token = 0;
    let at = 0;
    let retryToken = -1; // behind the latest "*"
    let retryAt = 0; // what that "*" has taken so far
    while (at < name.length) {
      const wanted = this.#tokens[token];
      const codePoint = name.codePointAt(at)!;
      if (wanted?.kind === "any-run") {
        token += 1;
        retryToken = token;
        retryAt = at;
      } else if (wanted !== undefined && accepts(wanted, codePoint)) {
        token += 1;
        at += lengthOf(codePoint);
      } else if (retryToken >= 0) {
        retryAt += lengthOf(name.codePointAt(retryAt)!);
        at = retryAt;
        token = retryToken;
      } else return false;
    }
    while (this.#tokens[token]?.kind === "any-run") token += 1;
    return token === this.#tokens.length;
  }
}

function lengthOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1;
}

function accepts(token: Token, codePoint: number): boolean {
  if (token.kind === "any-one") return true;
  if (token.kind === "one") return token.codePoint === codePoint;
  if (token.kind === "any-run") return false;
  return token.ranges.some(([from, to]) => from <= codePoint && codePoint <= to) !== token.isNegated;
}

function tokensOf(pattern: string): Token[] {
  const characters = [...pattern];
  const tokens: Token[] = [];
  let at = 0;
  const next = (): number => {
    if (characters[at] === "\\") at += 1;
    const character = characters[at];
    if (character === undefined) throw bad(pattern);
    at += 1;
    return character.codePointAt(0)!;
  };
  const set = (): Token => {
    const isNegated = characters[at] === "^";
    if (isNegated) at += 1;
    const ranges: [number, number][] = [];
    while (characters[at] !== "]" || ranges.length === 0) {
      if (characters[at] === "-" || characters[at] === "]") throw bad(pattern);
      const from = next();
      if (characters[at] !== "-") {
        ranges.push([from, from]);
        continue;
      }
      at += 1;
      if (characters[at] === "-" || characters[at] === "]") throw bad(pattern);
      ranges.push([from, next()]);
    }
    at += 1;
    return { kind: "set", isNegated, ranges };
  };
  while (at < characters.length) {
    const character = characters[at];
    if (character === "*" || character === "?" || character === "[") at += 1;
    if (character === "*") tokens.push({ kind: "any-run" });
    else if (character === "?") tokens.push({ kind: "any-one" });
    else if (character === "[") tokens.push(set());
    else tokens.push({ kind: "one", codePoint: next() });
  }
  return tokens;
}

function bad(pattern: string): HoldfastError {
  return new HoldfastError(engineErrors.badPattern, `"${pattern}" is not a pattern that can be matched.`);
}
