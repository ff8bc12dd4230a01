import { HoldfastError, count } from "@holdfast/base";
import {
  findSnapshot,
  isId,
  listSnapshots,
  matchesFilter,
  repairSnapshots,
  type Mending,
  type Repository,
  type SnapshotId,
  type StoredSnapshot,
} from "@holdfast/engine";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import { ReplacedSnapshots, snapshotHeading } from "../replaced-snapshots.ts";
import { withRepository } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import type { repairSnapshotsFlags } from "../table/repair-commands.ts";

type RepairCall = Call<typeof repairSnapshotsFlags>;

const mendingTexts: Readonly<Record<Mending["what"], (path: string) => string>> = {
  "content-missing": (path) => `  file "${path}": removed missing content`,
  "size-corrected": (path) => `  file "${path}": fixed incorrect size`,
  "listing-unreadable": (path) => `  dir "${path}": replaced with empty directory`,
  "root-unreadable": (path) => `  dir "${path}": not readable`,
  "entry-refused": (path) => `  file "${path}": removed node that no backup can hold`,
};

/** Makes restorable snapshots out of damaged ones; 1 when a snapshot's own file cannot be read. */
export async function run(call: RepairCall): Promise<ExitCode> {
  const { flags, terminal } = call;
  const { forget, dryRun } = flags;
  const replaced = new ReplacedSnapshots(call, dryRun);
  const say = (text: string) => {
    if (!flags.json && !flags.quiet) terminal.write(`${text}\n`);
  };
  const stay = await withRepository(
    call,
    "exclusive",
    async ({ repository, signal }) => {
      const { chosen, all, unreadable } = await choose(call, repository, signal);
      const named = unreadable.filter((id) => forget && call.operands.some((text) => id.startsWith(text)));
      await repository.loadIndex(signal);
      for (const id of named) {
        await repository.removeFile("snapshot", id, signal);
        replaced.changed += 1;
        say(dryRun ? `would remove unreadable snapshot ${id}` : `removed unreadable snapshot ${id}`);
      }
      let told: StoredSnapshot | undefined;
      const onMending = (snapshot: StoredSnapshot, { path, what }: Mending) => {
        if (told !== snapshot) say(`\n${snapshotHeading(snapshot)}`);
        told = snapshot;
        say(mendingTexts[what](printable(path)));
      };
      for await (const { snapshot, replacement } of repairSnapshots(
        repository,
        chosen,
        all,
        { forget, onMending },
        signal,
      )) {
        if (told !== snapshot) say(`\n${snapshotHeading(snapshot)}`);
        replaced.tell(snapshot, replacement);
      }
      return unreadable.filter((id) => !named.includes(id));
    },
    { isDryRun: dryRun, cache: "none" },
  );
  replaced.finish();
  if (stay.length === 0) return 0;
  for (const id of stay) {
    terminal.writeError(
      `snapshot file ${id} is unreadable, use \`holdfast repair snapshots --forget ${id}\` to remove it\n`,
    );
  }
  throw new HoldfastError(cliErrors.repairIncomplete, `${count(stay.length, "snapshot file")} cannot be read.`);
}

/** The snapshots to repair, all there are, and the files among those asked for that cannot be read. */
async function choose(
  { operands, flags }: RepairCall,
  repository: Repository,
  signal: AbortSignal,
): Promise<{ chosen: StoredSnapshot[]; all: StoredSnapshot[]; unreadable: SnapshotId[] }> {
  const unreadable: SnapshotId[] = [];
  const all = await listSnapshots(repository, (id) => unreadable.push(id), signal);
  const filter = snapshotFilter(flags);
  if (operands.length === 0) return { chosen: all.filter((each) => matchesFilter(each, filter)), all, unreadable };
  const chosen = new Map<SnapshotId, StoredSnapshot>();
  const named: SnapshotId[] = [];
  for (const text of operands) {
    const [broken, another] = unreadable.filter((id) => id.startsWith(text) || (isId(text) && id === text));
    if (broken !== undefined && another === undefined && !all.some(({ id }) => id.startsWith(text))) named.push(broken);
    else {
      const found = await findSnapshot(repository, text, filter, signal);
      chosen.set(found.id, found);
    }
  }
  return { chosen: [...chosen.values()], all, unreadable: named };
}
