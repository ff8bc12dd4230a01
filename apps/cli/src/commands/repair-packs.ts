import { HoldfastError, count } from "@holdfast/base";
import { isId, repairPacks, type PackId, type PacksRepair } from "@holdfast/engine";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { keepPackCopy } from "../pack-copy.ts";
import { withRepository, type Session } from "../session.ts";
import type { repairPacksFlags } from "../table/repair-commands.ts";

/** Takes what is readable out of damaged packs, and removes them. */
export async function run(call: Call<typeof repairPacksFlags>): Promise<ExitCode> {
  const { flags, terminal, operands } = call;
  const packIds = operands.map(parsePackId);
  if (packIds.length === 0) throw new HoldfastError(cliErrors.usage, "No pack was named; give their whole ids.");
  const say = (text: string) => {
    if (!flags.json && !flags.quiet) terminal.write(`${text}\n`);
  };
  const work = ({ repository, signal }: Session) => {
    say("saving backup copies of pack files to current folder");
    const keepCopy = (id: PackId, pieces: AsyncIterable<Uint8Array>) => keepPackCopy(process.cwd(), id, pieces);
    return repairPacks(repository, { packIds, keepCopy }, signal);
  };
  const repair = await withRepository(call, "exclusive", work, { cache: "none" });
  if (flags.json) terminal.write(`${JSON.stringify(summaryMessage(repair))}\n`);
  for (const id of repair.intact) say(`pack ${id} is as it should be; it was left alone`);
  for (const id of repair.unknown) say(`nothing is known of what pack ${id} holds; it was left alone`);
  for (const { type, id } of repair.lost) terminal.writeError(`${type} blob ${id} is lost\n`);
  for (const id of repair.removed) say(`removed pack ${id}`);
  for (const id of repair.refused) terminal.writeError(`the storage refused to remove pack ${id}; no index names it\n`);
  say(`salvaged ${count(repair.salvagedBlobs, "blob")}`);
  if (repair.lost.length > 0 && !flags.json) {
    terminal.writeError("\nUse `holdfast repair snapshots --forget` to take what is lost out of all snapshots.\n");
  }
  return 0;
}

function parsePackId(text: string): PackId {
  if (isId(text)) return text;
  throw new HoldfastError(
    cliErrors.usage,
    `"${text.slice(0, 80)}" is not the whole id of a pack, which has 64 digits.`,
  );
}

function summaryMessage(repair: PacksRepair): Record<string, unknown> {
  return {
    message_type: "summary",
    packs_removed: repair.removed,
    packs_intact: repair.intact,
    packs_unknown: repair.unknown,
    blobs_salvaged: repair.salvagedBlobs,
    blobs_lost: repair.lost.map(({ type, id }) => ({ type, id })),
  };
}
