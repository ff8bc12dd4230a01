import { HoldfastError } from "@holdfast/base";
import {
  displayPath,
  findSnapshot,
  findTree,
  walkTree,
  type Names,
  type Repository,
  type TreeId,
} from "@holdfast/engine/repository";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { listingPrinter, type ListingPrinter } from "../listing/listing-printer.ts";
import { PathSelection } from "../listing/path-selection.ts";
import { printable } from "../output/printable.ts";
import { whileRead } from "../output/while-read.ts";
import { withRepository, type Session } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import { namesOf, parseSnapshotOperand } from "../snapshot-operand.ts";
import type { lsFlags } from "../table/repository-commands.ts";

type LsCall = Call<typeof lsFlags>;

/** Lists the entries of a snapshot; 1 when a part of it cannot be listed because it is damaged. */
export async function run(call: LsCall): Promise<ExitCode> {
  const { operands, flags, terminal } = call;
  const [operand, ...paths] = operands;
  if (operand === undefined) throw new HoldfastError(cliErrors.usage, 'Give the id of a snapshot, or "latest".');
  const { id, folder } = parseSnapshotOperand(operand);
  const selection = new PathSelection(paths.map(parseAbsolute), flags.recursive);
  const printer = listingPrinter(call, paths);
  const work = async ({ repository, signal }: Session) => {
    const snapshot = await findSnapshot(repository, id, snapshotFilter(flags), signal);
    await repository.loadIndex(signal);
    const tree = await findTree(repository, snapshot.tree, folder, signal);
    printer.snapshot({ ...snapshot, tree });
    return whileRead(terminal, signal, (reading) => list(repository, tree, selection, printer, call, reading));
  };
  return withRepository(call, "shared", work, { loadsIndex: true });
}

async function list(
  repository: Repository,
  tree: TreeId,
  selection: PathSelection,
  printer: ListingPrinter,
  { terminal }: LsCall,
  signal: AbortSignal,
): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const onFault = (names: Names, error: HoldfastError) => {
    exitCode = 1;
    terminal.writeError(`holdfast: ${error.code}: ${displayPath(names)}: ${printable(error.message)}\n`);
  };
  const enters = (names: Names) => selection.enters(names);
  const walk = walkTree(repository, tree, { enters, expects: enters, showsUnentered: true, onFault }, signal);
  for await (const { kind, names, node } of walk) {
    const isListed = selection.lists(names);
    if (kind === "leave") printer.leave();
    else if (kind === "enter" || isListed) printer.node(names, node, isListed);
    if (kind === "entry" && isListed && node.type === "dir") printer.leave();
  }
  printer.end();
  return exitCode;
}

function parseAbsolute(path: string): Names {
  if (path.startsWith("/")) return namesOf(path);
  throw new HoldfastError(cliErrors.usage, `"${path}" is no absolute path; folders of a snapshot begin with a slash.`);
}
