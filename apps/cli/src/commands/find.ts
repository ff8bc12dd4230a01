import { HoldfastError } from "@holdfast/base";
import {
  displayPath,
  EntryFinder,
  goJsonText,
  ObjectFinder,
  PatternList,
  WantedObjects,
  type BlobType,
  type Names,
  type Repository,
  type StoredSnapshot,
} from "@holdfast/engine";
import type { Call } from "../command.ts";
import { chosenSnapshots } from "../chosen-snapshots.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { foundJson, foundObjectJson, FoundText } from "../listing/found.ts";
import { parseMoment } from "../moment.ts";
import { printable } from "../output/printable.ts";
import { whileRead } from "../output/while-read.ts";
import { withRepository, type Session } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import type { findFlags } from "../table/reading-commands.ts";

type FindCall = Call<typeof findFlags>;

/** Finds entries, or the uses of blobs, in all snapshots or some; 1 when a part could not be looked through. */
export async function run(call: FindCall): Promise<ExitCode> {
  const { operands, flags } = call;
  if (operands.length === 0) throw new HoldfastError(cliErrors.usage, "Give at least one pattern or id.");
  const kinds = [flags.blob, flags.tree, flags.pack].filter(Boolean).length;
  if (kinds > 1) throw new HoldfastError(cliErrors.usage, "Give only one of --blob, --tree and --pack.");
  const query = entryQuery(call);
  const work = async ({ repository, signal }: Session): Promise<ExitCode> => {
    const chosen = await chosenSnapshots(repository, flags.snapshot, snapshotFilter(flags), signal);
    await repository.loadIndex(signal);
    const newestFirst = chosen.toSorted((left, right) => compareTimes(right, left));
    const snapshots = flags.reverse ? newestFirst.toReversed() : newestFirst;
    return whileRead(call.terminal, signal, (reading) => {
      const search = { call, repository, snapshots, signal: reading };
      return kinds === 0 ? findEntries(search, new EntryFinder(repository, query)) : findObjects(search);
    });
  };
  return withRepository(call, "shared", work, { loadsIndex: true });
}

interface Search {
  readonly call: FindCall;
  readonly repository: Repository;
  readonly snapshots: readonly StoredSnapshot[];
  readonly signal: AbortSignal;
}

async function findEntries({ call, snapshots, signal }: Search, finder: EntryFinder): Promise<ExitCode> {
  const { flags, terminal } = call;
  const text = new FoundText(terminal, flags);
  const faults = faultTeller(call);
  let isFirst = true;
  if (flags.json) terminal.write("[");
  for (const snapshot of snapshots) {
    let hits = 0;
    for await (const { names, node } of finder.find(snapshot.tree, faults.tell, signal)) {
      if (flags.json) {
        const opening = `${isFirst ? "" : ","}{"matches":[`;
        terminal.write(`${hits === 0 ? opening : ","}${foundJson(names, node)}`);
      } else text.entry(snapshot, names, node);
      isFirst = false;
      hits += 1;
    }
    if (flags.json && hits > 0) terminal.write(`],"hits":${hits},"snapshot":${goJsonText(snapshot.id)}}`);
  }
  if (flags.json) terminal.write("]\n");
  return faults.exitCode();
}

async function findObjects({ call, repository, snapshots, signal }: Search): Promise<ExitCode> {
  const { flags, operands, terminal } = call;
  const type: BlobType = flags.tree ? "tree" : "data";
  const wanted = flags.pack ? WantedObjects.inPacks(repository, operands) : WantedObjects.byId(type, operands);
  const finder = new ObjectFinder(repository, wanted);
  const text = new FoundText(terminal, flags);
  const faults = faultTeller(call);
  let isFirst = true;
  if (flags.json) terminal.write("[");
  for (const snapshot of snapshots) {
    for await (const found of finder.find(snapshot.tree, faults.tell, signal)) {
      if (flags.json) terminal.write(`${isFirst ? "" : ","}${foundObjectJson(found, snapshot)}`);
      else text.object(found, snapshot);
      isFirst = false;
    }
  }
  if (flags.json) terminal.write("]\n");
  else if (flags.showPackId && !flags.pack) for (const each of wanted.places(repository)) text.place(each);
  return faults.exitCode();
}

function entryQuery({ operands, flags }: FindCall) {
  // restic's find takes "!" as it stands; only lists of excludes know it as "not".
  const literal = operands.map((pattern) => pattern.replace(/^!/, "\\!"));
  const oldestNs = flags.oldest === undefined ? undefined : parseMoment(flags.oldest, "--oldest");
  const newestNs = flags.newest === undefined ? undefined : parseMoment(flags.newest, "--newest");
  if (oldestNs !== undefined && newestNs !== undefined && oldestNs > newestNs) {
    throw new HoldfastError(cliErrors.usage, "--oldest has to be before --newest.");
  }
  const isById = flags.blob || flags.tree || flags.pack;
  return {
    patterns: new PatternList(isById ? [] : literal, { ignoreCase: flags.ignoreCase }),
    ...(oldestNs === undefined ? {} : { oldestNs }),
    ...(newestNs === undefined ? {} : { newestNs }),
  };
}

function faultTeller({ terminal }: FindCall) {
  let exitCode: ExitCode = 0;
  return {
    tell: (names: Names, error: HoldfastError) => {
      exitCode = 1;
      terminal.writeError(`holdfast: ${error.code}: ${displayPath(names)}: ${printable(error.message)}\n`);
    },
    exitCode: () => exitCode,
  };
}

function compareTimes(left: StoredSnapshot, right: StoredSnapshot): number {
  return left.time.ns < right.time.ns ? -1 : left.time.ns > right.time.ns ? 1 : 0;
}
