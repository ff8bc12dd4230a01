import type { CommandEntry } from "../command.ts";

export const serviceCommands: readonly CommandEntry[] = [];
