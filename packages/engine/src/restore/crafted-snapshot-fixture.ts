import type { BlobId, SnapshotId, TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { emptySnapshot } from "../snapshot/snapshot.ts";
import { saveSnapshot } from "../snapshot/snapshot-store.ts";
import { goModeOf } from "../tree/mode.ts";
import { bareNode, type NodeType, type TreeNode } from "../tree/node.ts";
import { localTimestamp } from "../tree/timestamp.ts";
import { serialiseTree } from "../tree/tree-writer.ts";

const unixTypes: Record<NodeType, number> = {
  file: 0o100000,
  dir: 0o040000,
  symlink: 0o120000,
  dev: 0o060000,
  chardev: 0o020000,
  fifo: 0o010000,
  socket: 0o140000,
  irregular: 0,
};

export const craftedTime = localTimestamp(1_600_000_000_123_456_789n);

export type Details = Partial<TreeNode> & { readonly permissions?: number };

/** Builds snapshots node by node, so that a test can say anything, also what no sound backup says. */
export class CraftedSnapshot {
  readonly #repository: Repository;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** A node that belongs to whoever runs the tests. @param name bytes (latin1) */
  node(name: string, type: NodeType, details: Details = {}): TreeNode {
    const { permissions = type === "dir" ? 0o755 : 0o644, ...rest } = details;
    return {
      ...bareNode(Buffer.from(name, "latin1"), type),
      mode: goModeOf(unixTypes[type] | permissions),
      mtime: craftedTime,
      atime: craftedTime,
      ctime: craftedTime,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      links: type === "dir" ? 0n : 1n,
      ...rest,
    };
  }

  /** @param chunks the file's content as it was cut */
  async file(name: string, chunks: readonly (string | Uint8Array)[], details: Details = {}): Promise<TreeNode> {
    const content: BlobId[] = [];
    let size = 0n;
    for (const chunk of chunks) {
      const bytes = Buffer.from(chunk);
      content.push((await this.#repository.saveBlob("data", bytes)).id);
      size += BigInt(bytes.length);
    }
    return this.node(name, "file", { content, size, ...details });
  }

  async directory(name: string, nodes: readonly TreeNode[], details: Details = {}): Promise<TreeNode> {
    return this.node(name, "dir", { subtree: await this.tree(nodes), ...details });
  }

  link(name: string, target: string, details: Details = {}): TreeNode {
    return this.node(name, "symlink", { linkTarget: Buffer.from(target, "latin1"), permissions: 0o777, ...details });
  }

  async tree(nodes: readonly TreeNode[]): Promise<TreeId> {
    return this.rawTree(serialiseTree(nodes.toSorted((left, right) => Buffer.compare(left.name, right.name))));
  }

  async rawTree(bytes: Uint8Array): Promise<TreeId> {
    return (await this.#repository.saveBlob("tree", bytes)).id;
  }

  /** Stores the snapshot. @returns its id */
  async save(tree: TreeId | readonly TreeNode[]): Promise<SnapshotId> {
    const top = typeof tree === "string" ? tree : await this.tree(tree);
    await this.#repository.flush();
    return saveSnapshot(this.#repository, {
      ...emptySnapshot,
      time: craftedTime,
      tree: top,
      paths: ["/"],
      hostname: "testhost",
      username: "tester",
      otherKeys: [],
    });
  }
}
