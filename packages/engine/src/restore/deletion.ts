import { lstatSync, rmdirSync, unlinkSync } from "node:fs";
import type { AnchoredDirectory } from "../filesystem/anchored-directory.ts";
import { temporaryName } from "./target-file.ts";
import type { TargetDirectory } from "./target-tree.ts";
import type { Names } from "./walk-tree.ts";

export interface DeletionParts {
  /** Whether something that the snapshot does not have may go. */
  readonly selects: (names: Names) => boolean;
  readonly isDryRun: boolean;
  readonly onDeleted: (names: Names) => void;
  readonly onFault: (names: Names, error: unknown) => void;
}

/**
 * Removes from a directory what it held before and the snapshot does not have. Nothing goes from a directory whose
 * listing could not be read completely: what is missing there may only be unreadable.
 */
export function removeForeign(directory: TargetDirectory, parts: DeletionParts): void {
  const { anchor, namesBefore, namesInSnapshot, state } = directory;
  if (state !== "open" || anchor === undefined || namesBefore === undefined || namesInSnapshot === undefined) return;
  for (const before of namesBefore) {
    if (namesInSnapshot.has(before) || isInUse(before, namesInSnapshot)) continue;
    const name = Buffer.from(before, "latin1");
    removeSelected(anchor, [...directory.names, name], parts);
  }
}

/** @returns true when nothing is left under that name */
function removeSelected(directory: AnchoredDirectory, names: Names, parts: DeletionParts): boolean {
  const name = names.at(-1)!;
  if (!parts.selects(names)) return false;
  try {
    const path = directory.pathOf(name);
    const isDirectory = lstatSync(path).isDirectory();
    if (isDirectory && !emptied(directory, names, parts)) return false;
    if (!parts.isDryRun) (isDirectory ? rmdirSync : unlinkSync)(path);
    parts.onDeleted(names);
    return true;
  } catch (error) {
    parts.onFault(names, error);
    return false;
  }
}

function emptied(directory: AnchoredDirectory, names: Names, parts: DeletionParts): boolean {
  const inner = directory.enter(names.at(-1)!);
  try {
    let isEmpty = true;
    for (const each of inner.names())
      if (!removeSelected(inner, [...names, Buffer.from(each, "latin1")], parts)) isEmpty = false;
    return isEmpty;
  } finally {
    inner.close();
  }
}

/** The temporary name of a file that may be being written this moment. */
function isInUse(name: string, namesInSnapshot: ReadonlySet<string>): boolean {
  if (!name.startsWith(".holdfast-restore-")) return false;
  for (const each of namesInSnapshot) if (temporaryName(Buffer.from(each, "latin1")).toString() === name) return true;
  return false;
}
