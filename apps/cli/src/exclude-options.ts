import type { ExcludeOptions, TagFile } from "@holdfast/sources";
import type { Environment } from "./environment.ts";
import type { FlagValues } from "./flag.ts";
import { parseSize } from "./size.ts";
import type { backupFlags } from "./table/repository-commands.ts";
import { meaningfulLines, readTextFile } from "./text-file.ts";

type ExcludeFlags = Pick<
  FlagValues<typeof backupFlags>,
  | "exclude"
  | "iexclude"
  | "excludeFile"
  | "iexcludeFile"
  | "excludeCaches"
  | "excludeIfPresent"
  | "excludeLargerThan"
  | "oneFileSystem"
>;

/** What the flags leave out. @throws CLI_UNREADABLE_FILE, CLI_USAGE */
export async function excludeOptions(flags: ExcludeFlags, environment: Environment): Promise<ExcludeOptions> {
  const { excludeLargerThan } = flags;
  const patternsIn = (files: readonly string[]) => patternsFrom(files, environment);
  return {
    excludes: flags.exclude,
    excludesUnrecorded: await patternsIn(flags.excludeFile),
    excludesIgnoringCase: [...flags.iexclude, ...(await patternsIn(flags.iexcludeFile))],
    excludeIfPresent: flags.excludeIfPresent.map(parseTagFile),
    excludeCaches: flags.excludeCaches,
    oneFileSystem: flags.oneFileSystem,
    ...(excludeLargerThan === undefined
      ? {}
      : { excludeLargerThanBytes: parseSize(excludeLargerThan, "--exclude-larger-than") }),
  };
}

/** The patterns of lists that flags named. @throws CLI_UNREADABLE_FILE */
export async function patternsFrom(files: readonly string[], environment: Environment): Promise<string[]> {
  const lists = await Promise.all(files.map(async (file) => meaningfulLines(await readTextFile(file))));
  return lists.flat().map((pattern) => expandVariables(pattern, environment.variables));
}

/** "name" or "name:header". */
function parseTagFile(text: string): TagFile {
  const colon = text.indexOf(":");
  return colon < 0 ? { name: text } : { name: text.slice(0, colon), header: text.slice(colon + 1) };
}

/** `$HOME` and `${HOME}` become their values, `$$` a dollar sign; one that is not set becomes nothing, as in restic. */
export function expandVariables(text: string, variables: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) =>
    whole === "$$" ? "$" : (variables[braced ?? bare ?? ""] ?? ""),
  );
}
