import { HoldfastError } from "@holdfast/base";
import {
  diffTrees,
  displayPath,
  findSnapshot,
  findTree,
  shortId,
  type Change,
  type DiffOptions,
  type DiffResult,
  type Repository,
  type SideTotals,
} from "@holdfast/engine";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { jsonObject, pathJson } from "../output/node-text.ts";
import { printable } from "../output/printable.ts";
import { sizeText } from "../output/size-text.ts";
import type { Terminal } from "../output/terminal.ts";
import { whileRead } from "../output/while-read.ts";
import { withRepository, type Session } from "../session.ts";
import { parseSnapshotOperand } from "../snapshot-operand.ts";
import type { diffFlags } from "../table/reading-commands.ts";

/** Compares two snapshots, or a folder of each; 1 when a part could not be compared because it is damaged. */
export async function run(call: Call<typeof diffFlags>): Promise<ExitCode> {
  const { operands, flags, terminal } = call;
  const [first, second, ...more] = operands;
  if (first === undefined || second === undefined || more.length > 0) {
    throw new HoldfastError(cliErrors.usage, "Give two snapshots.");
  }
  const work = async ({ repository, signal }: Session) => {
    const sides = await Promise.all([first, second].map((text) => openSide(repository, text, signal)));
    await repository.loadIndex(signal);
    const [before, after] = await Promise.all(sides.map((side) => side.tree()));
    if (!flags.json && !flags.quiet) {
      terminal.write(`comparing snapshot ${sides.map(({ id }) => shortId(id)).join(" to ")}:\n\n`);
    }
    return whileRead(terminal, signal, async (reading) => {
      let exitCode: ExitCode = 0;
      const options: DiffOptions = {
        showsMetadata: flags.metadata,
        onChange: (change) => {
          if (!flags.quiet) terminal.write(flags.json ? changeMessage(change) : changeLine(change));
        },
        onFault: (names, error) => {
          exitCode = 1;
          terminal.writeError(`holdfast: ${error.code}: ${displayPath(names)}: ${printable(error.message)}\n`);
        },
      };
      const result = await diffTrees(repository, before!, after!, options, reading);
      if (flags.json) terminal.write(statisticsMessage(first, second, result));
      else printStatistics(terminal, result);
      return exitCode;
    });
  };
  return withRepository(call, "shared", work, { loadsIndex: true });
}

async function openSide(repository: Repository, text: string, signal: AbortSignal) {
  const { id, folder } = parseSnapshotOperand(text);
  const snapshot = await findSnapshot(repository, id, {}, signal);
  return { id: snapshot.id, tree: () => findTree(repository, snapshot.tree, folder, signal) };
}

function changeLine({ modifier, names, isDirectory }: Change): string {
  return `${modifier.padEnd(5)}${displayPath(names)}${isDirectory ? "/" : ""}\n`;
}

function changeMessage({ modifier, names, isDirectory }: Change): string {
  const path = pathJson(names);
  const message = jsonObject([
    ["message_type", '"change"'],
    ["path", isDirectory ? `${path.slice(0, -1)}/"` : path],
    ["modifier", JSON.stringify(modifier)],
  ]);
  return `${message}\n`;
}

function statisticsMessage(first: string, second: string, { changedFiles, added, removed }: DiffResult): string {
  const message = {
    message_type: "statistics",
    source_snapshot: first,
    target_snapshot: second,
    changed_files: changedFiles,
    added: sideMessage(added),
    removed: sideMessage(removed),
  };
  return `${JSON.stringify(message)}\n`;
}

function sideMessage({ files, dirs, others, dataBlobs, treeBlobs, bytes }: SideTotals) {
  return { files, dirs, others, data_blobs: dataBlobs, tree_blobs: treeBlobs, bytes };
}

function printStatistics(terminal: Terminal, { changedFiles, added, removed }: DiffResult): void {
  const five = (number: number) => String(number).padStart(5);
  const both = (key: "files" | "dirs" | "others" | "dataBlobs" | "treeBlobs") =>
    `${five(added[key])} new, ${five(removed[key])} removed`;
  terminal.write(
    [
      "",
      `Files:       ${both("files")}, ${five(changedFiles)} changed`,
      `Dirs:        ${both("dirs")}`,
      `Others:      ${both("others")}`,
      `Data Blobs:  ${both("dataBlobs")}`,
      `Tree Blobs:  ${both("treeBlobs")}`,
      `  Added:   ${sizeText(added.bytes).padEnd(5)}`,
      `  Removed: ${sizeText(removed.bytes).padEnd(5)}`,
      "",
    ].join("\n"),
  );
}
