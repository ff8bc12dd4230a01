import { count } from "@holdfast/base";
import { recover, shortId, type TreeId } from "@holdfast/engine";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import { ourselves, withRepository, type Session } from "../session.ts";
import type { recoverFlags } from "../table/repair-commands.ts";
import { version } from "../version.ts";
import { repairIndexAloud } from "./repair-index.ts";

/** Makes a snapshot of the folders that nothing leads to. */
export async function run(call: Call<typeof recoverFlags>): Promise<ExitCode> {
  const { flags, terminal } = call;
  const say = (text: string) => {
    if (!flags.json && !flags.quiet) terminal.write(`${text}\n`);
  };
  const work = async ({ repository, signal }: Session) => {
    say("ensuring index is complete");
    await repairIndexAloud(call, repository, false, signal);
    const onDamaged = (tree: TreeId, message: string) =>
      terminal.writeError(`unable to load tree ${shortId(tree)}: ${printable(message)}\n`);
    return recover(repository, { ...ourselves(), programVersion: `holdfast ${version}`, onDamaged }, signal);
  };
  const { roots, snapshotId } = await withRepository(call, "exclusive", work, { cache: "none" });
  if (flags.json) {
    const message = { message_type: "summary", roots, snapshot_id: snapshotId };
    terminal.write(`${JSON.stringify(message)}\n`);
  } else {
    terminal.write(`\nfound ${count(roots.length, "unreferenced root")}\n`);
    terminal.write(
      snapshotId === undefined ? "no snapshot to write.\n" : `saved new snapshot ${shortId(snapshotId)}\n`,
    );
  }
  return 0;
}
