import { command } from "../command.ts";
import { single, toggle } from "../flag.ts";
import { cacheFlags, outputFlags } from "./repository-flags.ts";

export const cacheVerbFlags = {
  cleanup: toggle("--cleanup", "remove the caches that are old"),
  maxAge: single("--max-age <days>", "days without use after which a cache is old (default: 30)"),
  noSize: toggle("--no-size", "leave out how large each cache is"),
  ...cacheFlags,
  ...outputFlags,
};

export const cacheCommands = [
  command({
    name: "cache",
    group: "Repository",
    summary: "list or clean up the local caches",
    about:
      "Lists what this machine keeps of repositories so that their snapshots, indexes and folders are not fetched each time; restic and Holdfast share it. It may be removed at any time: what is needed comes back.",
    flags: cacheVerbFlags,
    examples: [
      { line: "holdfast cache", does: "each repository's cache, when it was used, and its size" },
      { line: "holdfast cache --cleanup --max-age 7", does: "removes what was not used for a week" },
    ],
    load: () => import("../commands/cache.ts"),
  }),
];
