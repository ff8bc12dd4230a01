import type { CommandEntry } from "../command.ts";
import { cacheCommands } from "./cache-commands.ts";
import { evidenceCommands } from "./evidence-commands.ts";
import { forgetCommands } from "./forget-commands.ts";
import { readingCommands } from "./reading-commands.ts";
import { repairCommands } from "./repair-commands.ts";
import { repositoryCommands } from "./repository-commands.ts";
import { serviceCommands } from "./service-commands.ts";
import { upkeepCommands } from "./upkeep-commands.ts";

/** Every command there is, in the order of the help. docs/cli.md is made from it. */
export const commandTable: readonly CommandEntry[] = [
  ...repositoryCommands,
  ...readingCommands,
  ...forgetCommands,
  ...upkeepCommands,
  ...cacheCommands,
  ...repairCommands,
  ...serviceCommands,
  ...evidenceCommands,
];

/** Words that only have commands below them, with what those are about. */
export const commandFamilies: Readonly<Record<string, string>> = {
  repair: "put damage in a repository right",
  admin: "look after an installation, on the machine of its server",
};
