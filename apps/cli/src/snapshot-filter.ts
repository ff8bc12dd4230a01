import type { SnapshotFilter } from "@holdfast/engine";
import type { FlagValues } from "./flag.ts";
import type { snapshotFilterFlags } from "./table/repository-flags.ts";

/**
 * What --host, --tag and --path ask for; each --tag is a list of which all must be there, and any list will do. An empty
 * host asks for nothing: it is how to do without the one that the environment names.
 */
export function snapshotFilter(flags: FlagValues<typeof snapshotFilterFlags>): SnapshotFilter {
  return { hosts: flags.host.filter((host) => host !== ""), tags: flags.tag.map(splitTags), paths: flags.path };
}

/** "a, b" as the tags a and b; the empty text is one empty tag, which stands for having none. */
export function splitTags(list: string): string[] {
  return list.split(",").map((tag) => tag.trim());
}
