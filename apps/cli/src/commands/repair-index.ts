import { HoldfastError, count } from "@holdfast/base";
import { repairIndex, type IndexRepair, type Repository } from "@holdfast/engine";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import { ProgressDisplay } from "../output/progress.ts";
import { progressStyle } from "../output/progress-style.ts";
import { withRepository, type Session } from "../session.ts";
import type { repairIndexFlags } from "../table/repair-commands.ts";

type IndexCall = Omit<Call<typeof repairIndexFlags>, "flags"> & {
  readonly flags: Omit<Call<typeof repairIndexFlags>["flags"], "readAllPacks">;
};

/** Makes the index say what the packs say; 1 when a pack is too damaged for that. */
export async function run(call: Call<typeof repairIndexFlags>): Promise<ExitCode> {
  const { flags, terminal } = call;
  const work = ({ repository, signal }: Session) => repairIndexAloud(call, repository, flags.readAllPacks, signal);
  const repair = await withRepository(call, "exclusive", work, { cache: "none" });
  if (flags.json) terminal.write(`${JSON.stringify(summaryMessage(repair))}\n`);
  else if (!flags.quiet) terminal.write("done\n");
  // What no index names is needed by no snapshot that could be restored; a prune clears it away.
  const stay = repair.damaged.filter(({ isIndexed }) => isIndexed);
  if (stay.length === 0) return 0;
  throw new HoldfastError(
    cliErrors.repairIncomplete,
    `${count(stay.length, "pack")} cannot be read; the index says of them what it said.`,
  );
}

/** Repairs the index and says what was wrong, in restic's words where it has any. */
export async function repairIndexAloud(
  call: IndexCall,
  repository: Repository,
  readAllPacks: boolean,
  signal: AbortSignal,
): Promise<IndexRepair> {
  const { flags, terminal, clock } = call;
  const display = new ProgressDisplay<{ packsRead: number; packsToRead: number }>(terminal, clock, {
    ...progressStyle(call),
    ...(flags.json ? { style: "none" as const } : {}),
    describe: ({ packsRead, packsToRead }) => ({
      fraction: packsRead / packsToRead,
      text: `reading pack files: ${packsRead} of ${count(packsToRead, "pack")}`,
    }),
    message: () => ({}),
  });
  try {
    const repair = await repairIndex(repository, { readAllPacks }, (progress) => display.update(progress), signal);
    display.end();
    if (flags.json) return repair;
    const say = (text: string) => terminal.writeError(`${printable(text)}\n`);
    for (const id of repair.unreadable) say(`removing invalid index ${id}`);
    for (const id of repair.added) say(`adding pack file to index ${id}`);
    for (const id of repair.corrected) say(`reindexing pack file ${id}`);
    for (const id of repair.dropped) say(`removing not found pack file ${id}`);
    for (const { id, isIndexed, message } of repair.damaged) {
      say(`${message} ${isIndexed ? `Run: holdfast repair packs ${id}` : "No index knows what it holds; it stays."}`);
    }
    return repair;
  } finally {
    display.end();
  }
}

function summaryMessage(repair: IndexRepair): Record<string, unknown> {
  return {
    message_type: "summary",
    packs_added: repair.added,
    packs_corrected: repair.corrected,
    packs_removed: repair.dropped,
    packs_damaged: repair.damaged.map(({ id }) => id),
    indexes_unreadable: repair.unreadable,
    indexes_written: repair.indexesWritten,
    indexes_removed: repair.indexesRemoved,
  };
}
