import { open } from "node:fs/promises";
import { HoldfastError, messageOf } from "@holdfast/base";
import {
  displayPath,
  dumpTree,
  findNode,
  findSnapshot,
  findTree,
  readFile,
  type Names,
  type Repository,
  type TreeId,
} from "@holdfast/engine";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import type { Terminal } from "../output/terminal.ts";
import { whileRead } from "../output/while-read.ts";
import { withRepository, type Session } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import { namesOf, parseSnapshotOperand } from "../snapshot-operand.ts";
import type { dumpFlags } from "../table/reading-commands.ts";

type DumpCall = Call<typeof dumpFlags>;

/** Prints a file, or a folder as an archive; 1 when the archive lacks something because it is damaged. */
export async function run(call: DumpCall): Promise<ExitCode> {
  const { operands, flags, terminal } = call;
  const [operand, path, ...more] = operands;
  if (operand === undefined || path === undefined || more.length > 0) {
    throw new HoldfastError(cliErrors.usage, "Give a snapshot and a path in it; / is all of it.");
  }
  const { id, folder } = parseSnapshotOperand(operand);
  const names = namesOf(path);
  const work = async ({ repository, signal }: Session) => {
    const snapshot = await findSnapshot(repository, id, snapshotFilter(flags), signal);
    await repository.loadIndex(signal);
    const root = await findTree(repository, snapshot.tree, folder, signal);
    let exitCode: ExitCode = 0;
    const onFault = (at: Names, error: HoldfastError) => {
      exitCode = 1;
      terminal.writeError(`holdfast: ${error.code}: ${displayPath(at)}: ${printable(error.message)}\n`);
    };
    return whileRead(terminal, signal, async (reading) => {
      const pieces = await piecesOf(call, repository, root, names, onFault, reading);
      if (flags.target === undefined) for await (const piece of pieces) await terminal.writeBytes(piece);
      else await writeTo(flags.target, pieces);
      return exitCode;
    });
  };
  return withRepository(call, "shared", work, { loadsIndex: true });
}

async function piecesOf(
  { flags, terminal }: DumpCall,
  repository: Repository,
  root: TreeId,
  names: Names,
  onFault: (at: Names, error: HoldfastError) => void,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const node = names.length === 0 ? undefined : await findNode(repository, root, names, signal);
  if (node?.type === "file") return readFile(repository, node, signal);
  const tree = node === undefined ? root : node.subtree;
  if (tree === undefined) {
    throw new HoldfastError(cliErrors.usage, `${displayPath(names)} is neither a file nor a folder.`);
  }
  refuseTerminal(terminal, flags.target);
  return dumpTree(repository, tree, { format: flags.archive ?? "tar", above: names, onFault }, signal);
}

function refuseTerminal(terminal: Terminal, target: string | undefined): void {
  if (target !== undefined || !terminal.isOutputInteractive) return;
  throw new HoldfastError(cliErrors.usage, "An archive does a terminal no good: redirect it, or give --target.");
}

/** @throws CLI_UNWRITABLE_FILE; what the pieces throw */
async function writeTo(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const unwritable = (cause: unknown): never => {
    throw new HoldfastError(cliErrors.unwritableFile, `${path} cannot be written: ${messageOf(cause)}.`, { cause });
  };
  const file = await open(path, "w").catch(unwritable);
  try {
    for await (const piece of pieces) {
      for (let at = 0; at < piece.byteLength;) {
        at += (await file.write(piece, at).catch(unwritable)).bytesWritten;
      }
    }
  } finally {
    await file.close().catch(unwritable);
  }
}
