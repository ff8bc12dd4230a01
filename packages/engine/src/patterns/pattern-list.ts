import { posix } from "node:path";
import { Glob } from "./glob.ts";

type Part = Glob | "any-depth";

interface Pattern {
  readonly isNegated: boolean;
  /** True when it begins with a slash: then it matches from the root on only. */
  readonly isAnchored: boolean;
  readonly parts: readonly Part[];
}

/**
 * Patterns as restic's `--exclude` has them. A pattern matches a path when its components match a run of the path's; the
 * end of the path need not be reached, so a directory takes everything below it along. A pattern with `!` in front takes
 * back what patterns before it matched.
 * @see restic-format section 12, "Pattern semantics"
 */
export class PatternList {
  readonly #patterns: readonly Pattern[];
  readonly #ignoresCase: boolean;

  /** @throws ENGINE_BAD_PATTERN; empty patterns are ignored */
  constructor(patterns: readonly string[], options: { readonly ignoreCase?: boolean } = {}) {
    this.#ignoresCase = options.ignoreCase ?? false;
    this.#patterns = patterns
      .filter((pattern) => pattern !== "")
      .map((pattern) => parse(this.#ignoresCase ? pattern.toLowerCase() : pattern));
  }

  get isEmpty(): boolean {
    return this.#patterns.length === 0;
  }

  /** @param path the components of an absolute path, each as `decodeName` gives it */
  matches(path: readonly string[]): boolean {
    const components = this.#ignoresCase ? path.map((component) => component.toLowerCase()) : path;
    let isMatched = false;
    for (const pattern of this.#patterns) {
      // A pattern that would not change the answer need not be tried.
      if (isMatched === pattern.isNegated && matchesSomewhere(pattern, components)) isMatched = !pattern.isNegated;
    }
    return isMatched;
  }

  /**
   * Whether something below a directory may match, for those who want what matches: an anchored pattern is compared as
   * far as the directory's path reaches and up to its first `**`, any other one may match anywhere.
   */
  mayMatchBelow(path: readonly string[]): boolean {
    const components = this.#ignoresCase ? path.map((component) => component.toLowerCase()) : path;
    let mayMatch = false;
    for (const pattern of this.#patterns) {
      if (pattern.isNegated) mayMatch &&= !matchesSomewhere(pattern, components);
      else mayMatch ||= leadsTo(pattern, components);
    }
    return mayMatch;
  }
}

function parse(text: string): Pattern {
  const isNegated = text.startsWith("!");
  const clean = posix.normalize(isNegated ? text.slice(1) : text);
  const isAnchored = clean.startsWith("/");
  const parts = clean
    .split("/")
    .filter((component) => component !== "")
    .map((component): Part => (component === "**" ? "any-depth" : new Glob(component)));
  return { isNegated, isAnchored, parts };
}

function matchesSomewhere(pattern: Pattern, path: readonly string[]): boolean {
  const lastStart = pattern.isAnchored ? 0 : path.length;
  for (let start = 0; start <= lastStart; start += 1) {
    if (matchesFrom(pattern.parts, 0, path, start)) return true;
  }
  return false;
}

function leadsTo(pattern: Pattern, path: readonly string[]): boolean {
  if (!pattern.isAnchored) return true;
  for (const [at, component] of path.entries()) {
    const part = pattern.parts[at];
    if (part === undefined || part === "any-depth") return true;
    if (!part.matches(component)) return false;
  }
  return true;
}

function matchesFrom(parts: readonly Part[], part: number, path: readonly string[], at: number): boolean {
  const wanted = parts[part];
  if (wanted === undefined) return true;
  if (wanted === "any-depth") {
    for (let next = at; next <= path.length; next += 1) if (matchesFrom(parts, part + 1, path, next)) return true;
    return false;
  }
  const component = path[at];
  return component !== undefined && wanted.matches(component) && matchesFrom(parts, part + 1, path, at + 1);
}
