import { HoldfastError, messageOf, systemCodeOf } from "@holdfast/base";
import { engineErrors } from "./errors.ts";
import { displayPath } from "./tree/name-quoting.ts";

/** One entry that could not be dealt with as it should. The work went on without it. */
export interface ItemProblem {
  /** As text for people; bytes that are not printable are escaped. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** The first problems in full, and how many there were: a result stays small whatever happened. */
export interface ItemProblems {
  readonly count: number;
  readonly first: readonly ItemProblem[];
}

const keptMax = 1000;

/** Gathers the problems of one piece of work. */
export class ProblemList {
  readonly #onProblem: (problem: ItemProblem) => void;
  readonly #first: ItemProblem[] = [];
  #count = 0;

  constructor(onProblem: (problem: ItemProblem) => void) {
    this.#onProblem = onProblem;
  }

  get count(): number {
    return this.#count;
  }

  get problems(): ItemProblems {
    return { count: this.#count, first: this.#first };
  }

  add(problem: ItemProblem): void {
    this.#count += 1;
    if (this.#first.length < keptMax) this.#first.push(problem);
    this.#onProblem(problem);
  }

  /**
   * Takes what was thrown while dealing with one entry.
   * @param fallback the code for a failure of the system, which has none of ours
   * @throws `error` itself when it is neither a failure we expect nor the system's: then it is a bug
   */
  addFault(names: readonly Uint8Array[], error: unknown, fallback: "sourceUnreadable" | "targetFailed"): void {
    this.add(problemOf(displayPath(names), error, fallback));
  }
}

/**
 * What was thrown while a backup dealt with an entry; undefined when it merely went away since its directory was listed,
 * as files do.
 * @throws `error` itself when it is a bug
 */
export function sourceProblem(path: string, error: unknown): ItemProblem | undefined {
  if (!(error instanceof HoldfastError) && systemCodeOf(error) === "ENOENT") return undefined;
  return problemOf(path, error, "sourceUnreadable");
}

function problemOf(path: string, error: unknown, fallback: "sourceUnreadable" | "targetFailed"): ItemProblem {
  const isExpected = error instanceof HoldfastError;
  if (!isExpected && systemCodeOf(error) === undefined) throw error;
  return { path, code: isExpected ? error.code : engineErrors[fallback].code, message: messageOf(error) };
}
