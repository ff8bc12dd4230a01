import { HoldfastError } from "@holdfast/base";
import { parseDisplayPath } from "@holdfast/engine/repository";
import { cliErrors } from "./errors.ts";

/** A snapshot as a person names it: "latest", an id or its first digits, and maybe a folder in it behind a colon. */
export interface SnapshotOperand {
  readonly id: string;
  /** Names from the top of the snapshot; empty for the whole of it. */
  readonly folder: readonly Buffer[];
}

/** @throws CLI_USAGE */
export function parseSnapshotOperand(text: string): SnapshotOperand {
  const colon = text.indexOf(":");
  if (colon < 0) return { id: text, folder: [] };
  return { id: text.slice(0, colon), folder: namesOf(text.slice(colon + 1)) };
}

/** The names of a path inside a snapshot, written as the program prints it. @throws CLI_USAGE */
export function namesOf(path: string): readonly Buffer[] {
  const names = parseDisplayPath(path);
  if (names !== undefined) return names;
  throw new HoldfastError(cliErrors.usage, `"${path}" has a backslash escape that is none.`);
}
