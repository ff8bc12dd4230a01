import type { CommandEntry } from "../command.ts";
import { cacheCommands } from "./cache-commands.ts";
import { evidenceCommands } from "./evidence-commands.ts";
import { forgetCommands } from "./forget-commands.ts";
import { inspectCommands } from "./inspect-commands.ts";
import { keyCommands } from "./key-commands.ts";
import { programCommands } from "./program-commands.ts";
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
  ...keyCommands,
  ...inspectCommands,
  ...upkeepCommands,
  ...cacheCommands,
  ...repairCommands,
  ...serviceCommands,
  ...evidenceCommands,
  ...programCommands,
];

/** Words that only have commands below them, with what those are about. */
export const commandFamilies: Readonly<Record<string, string>> = {
  repair: "put damage in a repository right",
  key: "manage the passwords of a repository",
  admin: "look after an installation, on the machine of its server",
};
