import type { ListedEntry } from "@holdfast/contract";
import {
  displayPath,
  findNode,
  formatTimestamp,
  listDirectory,
  loadSnapshot,
  parseId,
  permissionsOf,
  readFile,
  type Repository,
  type TreeNode,
} from "@holdfast/engine";

/** What a reader asks of a snapshot. */
export interface Question {
  readonly want: "listing" | "file";
  readonly snapshotId: string;
  /** base64url of the path's raw bytes below the snapshot's top; empty for the top. */
  readonly path: string;
}

const slash = 0x2f;
/** Lines are handed on in pieces of about so many bytes. */
const pieceBytes = 32 * 1024;

/**
 * The answer: a directory as JSON lines of `listedEntry`, or a file's bytes. Every blob is verified on the way, so no
 * lock is held: a prune meanwhile costs the reader this answer and can never make it wrong.
 *
 * @throws ENGINE_PATH_MISSING, ENGINE_SNAPSHOT_MISSING, and damage as the engine names it
 */
export async function* browse(
  repository: Repository,
  question: Question,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const snapshot = await loadSnapshot(repository, parseId(question.snapshotId), signal);
  await repository.loadIndex(signal);
  const names = namesIn(Buffer.from(question.path, "base64url"));
  if (question.want === "file") {
    yield* readFile(repository, await findNode(repository, snapshot.tree, names, signal), signal);
    return;
  }
  let lines = "";
  for (const node of await listDirectory(repository, snapshot.tree, names, signal)) {
    lines += `${JSON.stringify(listedEntryOf(node, names))}\n`;
    if (lines.length < pieceBytes) continue;
    yield Buffer.from(lines);
    lines = "";
  }
  yield Buffer.from(lines);
}

function listedEntryOf(node: TreeNode, folder: readonly Buffer[]): ListedEntry {
  const path = [...folder, node.name].flatMap((name, at) => (at === 0 ? [name] : [Buffer.of(slash), name]));
  return {
    name: shown(node.name),
    path: Buffer.concat(path).toString("base64url"),
    type: node.type,
    sizeBytes: node.type === "file" ? Number(node.size) : null,
    mode: permissionsOf(node.mode),
    modifiedAt: formatTimestamp(node.mtime),
    ...(node.type === "symlink" && { linkTarget: shown(node.linkTarget) }),
  };
}

/** As text for people: what is not printable is escaped. */
function shown(bytes: Buffer): string {
  return displayPath([bytes]).slice(1);
}

/** The names in a path of raw bytes. */
function namesIn(path: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let from = 0; from < path.length;) {
    const slashAt = path.indexOf(slash, from);
    const to = slashAt < 0 ? path.length : slashAt;
    if (to > from) names.push(path.subarray(from, to));
    from = to + 1;
  }
  return names;
}
