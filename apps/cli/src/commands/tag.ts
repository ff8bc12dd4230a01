import { HoldfastError, count } from "@holdfast/base";
import type { SnapshotId } from "@holdfast/engine";
import { tagSnapshots, type TagChange } from "@holdfast/engine/upkeep";
import type { Call } from "../command.ts";
import { chosenSnapshots } from "../chosen-snapshots.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { withRepository } from "../session.ts";
import { snapshotFilter, splitTags } from "../snapshot-filter.ts";
import type { tagFlags } from "../table/forget-commands.ts";

/** Changes the tags of snapshots. */
export async function run(call: Call<typeof tagFlags>): Promise<ExitCode> {
  const { operands, flags, terminal } = call;
  const change = tagChange(call);
  const onChanged = (oldId: SnapshotId, newId: SnapshotId) => {
    const message = { message_type: "changed", old_snapshot_id: oldId, new_snapshot_id: newId };
    if (flags.json) terminal.write(`${JSON.stringify(message)}\n`);
    else if (flags.verbose > 0) terminal.write(`old snapshot ID: ${oldId} -> new snapshot ID: ${newId}\n`);
  };
  const changed = await withRepository(call, "exclusive", async ({ repository, signal }) => {
    const snapshots = await chosenSnapshots(repository, operands, snapshotFilter(flags), signal);
    return tagSnapshots(repository, snapshots, change, onChanged, signal);
  });
  if (flags.json) terminal.write(`${JSON.stringify({ message_type: "summary", changed_snapshots: changed })}\n`);
  else if (!flags.quiet)
    terminal.write(changed === 0 ? "no snapshots were modified\n" : `modified ${count(changed, "snapshot")}\n`);
  return 0;
}

function tagChange({ flags }: Call<typeof tagFlags>): TagChange {
  const [add, remove, set] = [flags.add, flags.remove, flags.set].map((lists) =>
    lists.flatMap(splitTags).filter((tag) => tag !== ""),
  ) as [string[], string[], string[]];
  const isSet = flags.set.length > 0;
  if (isSet && flags.add.length + flags.remove.length > 0)
    throw new HoldfastError(cliErrors.usage, "Give --set, or --add and --remove, not both.");
  if (!isSet && add.length + remove.length === 0)
    throw new HoldfastError(cliErrors.usage, "Nothing to do: give --add, --remove or --set.");
  return isSet ? { set } : { add, remove };
}
