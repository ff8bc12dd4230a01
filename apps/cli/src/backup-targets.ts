import { buffer } from "node:stream/consumers";
import { HoldfastError } from "@holdfast/base";
import { cliErrors } from "./errors.ts";
import type { FlagValues } from "./flag.ts";
import { globPaths } from "./glob-paths.ts";
import type { backupFlags } from "./table/repository-commands.ts";
import { decodeText, meaningfulLines, readNamedFile } from "./text-file.ts";

type TargetFlags = Pick<FlagValues<typeof backupFlags>, "filesFrom" | "filesFromVerbatim" | "filesFromRaw">;

/**
 * What is to be backed up: what was typed, and what the lists name.
 * @throws CLI_NOTHING_TO_BACK_UP, CLI_UNREADABLE_FILE, CLI_USAGE
 */
export async function backupTargets(operands: readonly string[], flags: TargetFlags): Promise<string[]> {
  const targets = [...operands];
  for (const file of flags.filesFrom) {
    for (const pattern of meaningfulLines(decodeText(await readList(file)))) {
      const found = globPaths(pattern);
      // As restic: a pattern that matches nothing may be a name that is gone, which the backup then reports.
      targets.push(...(found.length === 0 ? [pattern] : found));
    }
  }
  for (const file of flags.filesFromVerbatim) {
    targets.push(
      ...decodeText(await readList(file))
        .split(/\r?\n/)
        .filter((line) => line !== ""),
    );
  }
  for (const file of flags.filesFromRaw) targets.push(...rawNames(file, await readList(file)));
  if (targets.length === 0) throw new HoldfastError(cliErrors.nothingToBackUp, "No path to back up was given.");
  for (const target of targets) refuseDamagedName(target);
  return targets;
}

/** `-` is standard input. */
async function readList(file: string): Promise<Buffer> {
  return file === "-" ? buffer(process.stdin) : readNamedFile(file);
}

/** Names ended by NUL bytes. @throws CLI_USAGE where restic refuses too: no NUL at the end, an empty name */
function rawNames(file: string, bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  if (bytes.at(-1) !== 0)
    throw new HoldfastError(cliErrors.usage, `The last name in ${file} has no NUL byte behind it.`);
  const names = bytes.toString("utf8").split("\0").slice(0, -1);
  if (names.includes("")) throw new HoldfastError(cliErrors.usage, `${file} holds an empty name.`);
  return names;
}

/** Bytes that are not UTF-8 have become U+FFFD by now, and the file of that name is not the one that was meant. */
function refuseDamagedName(target: string): void {
  if (!target.includes("\ufffd")) return;
  const why = "A name given to back up is not UTF-8, so it cannot be told here; name the folder that it lies in.";
  throw new HoldfastError(cliErrors.usage, why);
}
