import { HoldfastError } from "@holdfast/base";
import {
  displayPath,
  findNode,
  findSnapshot,
  formatTimestamp,
  serialiseSnapshot,
  shortId,
  walkTree,
  type StoredSnapshot,
  type TreeNode,
} from "@holdfast/engine";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { localTime } from "../output/local-time.ts";
import { modeText } from "../output/mode-text.ts";
import { printable } from "../output/printable.ts";
import { withRepository } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import { namesOf, parseSnapshotOperand } from "../snapshot-operand.ts";
import type { lsFlags } from "../table/repository-commands.ts";

type Names = readonly Buffer[];

/** Lists the entries of a snapshot; 1 when a part of it cannot be listed because it is damaged. */
export async function run(call: Call<typeof lsFlags>): Promise<ExitCode> {
  const { operands, flags, terminal } = call;
  const [operand, ...paths] = operands;
  if (operand === undefined) throw new HoldfastError(cliErrors.usage, 'Give the id of a snapshot, or "latest".');
  const { id, folder } = parseSnapshotOperand(operand);
  const wanted = paths.map(parseAbsolute);
  return withRepository(call, "shared", async ({ repository, signal }) => {
    const snapshot = await findSnapshot(repository, id, snapshotFilter(flags), signal);
    await repository.loadIndex(signal);
    const tree =
      folder.length === 0 ? snapshot.tree : (await findNode(repository, snapshot.tree, folder, signal)).subtree;
    if (tree === undefined) throw new HoldfastError(cliErrors.usage, `${displayPath(folder)} is not a folder.`);
    terminal.write(flags.json ? snapshotMessage(snapshot) : snapshotLine(snapshot, paths));

    let exitCode: ExitCode = 0;
    const onFault = (names: Names, error: HoldfastError) => {
      exitCode = 1;
      terminal.writeError(`holdfast: ${error.code}: ${displayPath(names)}: ${printable(error.message)}\n`);
    };
    const enters = (names: Names) => leadsTo(names, wanted, flags.recursive);
    const steps = walkTree(repository, tree, { enters, onFault }, AbortSignal.any([signal, terminal.closed]));
    try {
      for await (const { kind, names, node } of steps) {
        if (kind === "leave" || !isListed(names, wanted, flags.recursive)) continue;
        terminal.write(
          flags.json ? nodeMessage(names, node) : flags.long ? longLine(names, node) : `${displayPath(names)}\n`,
        );
      }
    } catch (error) {
      if (!terminal.closed.aborted) throw error; // whoever reads has read enough
    }
    return exitCode;
  });
}

function parseAbsolute(path: string): Names {
  if (path.startsWith("/")) return namesOf(path);
  throw new HoldfastError(cliErrors.usage, `"${path}" is no absolute path; folders of a snapshot begin with a slash.`);
}

/** Everything; or a named folder and what lies in it, directly or at any depth. */
function isListed(names: Names, wanted: readonly Names[], recursive: boolean): boolean {
  const depth = recursive ? Infinity : 1;
  return wanted.length === 0 || wanted.some((path) => beginsWith(names, path) && names.length <= path.length + depth);
}

/** Whether something to list may lie below. */
function leadsTo(names: Names, wanted: readonly Names[], recursive: boolean): boolean {
  return (
    wanted.length === 0 ||
    wanted.some(
      (path) => beginsWith(path, names) || (beginsWith(names, path) && (recursive || names.length <= path.length + 1)),
    )
  );
}

function beginsWith(names: Names, start: Names): boolean {
  return names.length >= start.length && start.every((name, at) => names[at]?.equals(name));
}

function snapshotLine(snapshot: StoredSnapshot, filters: readonly string[]): string {
  const of = `snapshot ${shortId(snapshot.id)} of [${snapshot.paths.map(printable).join(" ")}]`;
  const filtered = filters.length === 0 ? "" : ` filtered by [${filters.map(printable).join(" ")}]`;
  return `${of}${filtered} at ${localTime(snapshot.time.ns)}:\n`;
}

/** restic's keys; `struct_type` is what scripts for its older versions look for. */
function snapshotMessage(snapshot: StoredSnapshot): string {
  const own = Buffer.from(serialiseSnapshot(snapshot)).toString().slice(0, -1);
  const id = `"id":"${snapshot.id}","short_id":"${shortId(snapshot.id)}"`;
  return `${own},${id},"message_type":"snapshot","struct_type":"snapshot"}\n`;
}

function nodeMessage(names: Names, node: TreeNode): string {
  const message = {
    name: node.name.toString(),
    type: node.type,
    path: `/${names.map(String).join("/")}`,
    uid: node.uid,
    gid: node.gid,
    ...(node.type === "file" ? { size: Number(node.size) } : {}),
    mode: node.mode,
    permissions: modeText(node),
    mtime: formatTimestamp(node.mtime),
    atime: formatTimestamp(node.atime),
    ctime: formatTimestamp(node.ctime),
    inode: Number(node.inode),
    message_type: "node",
    struct_type: "node",
  };
  return `${JSON.stringify(message)}\n`;
}

function longLine(names: Names, node: TreeNode): string {
  const owner = `${node.uid}`.padStart(5);
  const group = `${node.gid}`.padStart(5);
  const size = `${node.size}`.padStart(10);
  const target = node.type === "symlink" ? ` -> ${displayPath([node.linkTarget]).slice(1)}` : "";
  return `${modeText(node)} ${owner} ${group} ${size} ${localTime(node.mtime.ns)} ${displayPath(names)}${target}\n`;
}
