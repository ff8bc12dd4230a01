import { seededRandom } from "@holdfast/testkit";
import { checkRepository } from "../check/check.ts";
import type { Id, SnapshotId } from "../id.ts";
import { Repository } from "../repository/repository.ts";
import { repositoryFixture, testPassword, type RepositoryFixture } from "../repository/repository-fixture.ts";
import { emptySnapshot } from "../snapshot/snapshot.ts";
import { saveSnapshot } from "../snapshot/snapshot-store.ts";
import { bareNode, type TreeNode } from "../tree/node.ts";
import { serialiseTree } from "../tree/tree-writer.ts";

export interface PrunableFixture extends RepositoryFixture {
  /** Oldest first. */
  readonly ids: readonly SnapshotId[];
  /** A session whose index is not loaded yet. */
  open(): Promise<Repository>;
  forget(...snapshots: readonly SnapshotId[]): Promise<void>;
  /** What a complete check finds wrong. */
  errors(): Promise<readonly string[]>;
}

/** How many small packs the fixture's snapshots fill, and with what. */
export interface PrunableOptions {
  readonly seed: number | string;
  readonly version?: 1 | 2;
  readonly snapshots?: number;
  /** Bytes after which a pack is finished. */
  readonly packBytesTarget?: number;
}

/**
 * A repository of snapshots of one folder with nine files, three of which change from one to the next. So each pack
 * of file contents is needed by several snapshots, and by ever fewer of its blobs.
 */
export async function prunableFixture(options: PrunableOptions): Promise<PrunableFixture> {
  const { packBytesTarget = 4000 } = options;
  const fixture = await repositoryFixture({ ...options, packBytesTarget });
  const open = () => Repository.open(fixture.storage, { password: testPassword, packBytesTarget }, fixture.context);
  const random = seededRandom(`content of ${options.seed}`);
  const files = Array.from({ length: 9 }, () => random.bytes(700));
  const ids: SnapshotId[] = [];
  for (let n = 0; n < (options.snapshots ?? 4); n += 1) {
    for (let change = 0; change < 3; change += 1) files[(n * 3 + change * 2) % files.length] = random.bytes(700);
    ids.push(await saveState(fixture.repository, files, n));
  }
  return {
    ...fixture,
    ids,
    open,
    forget: async (...snapshots) => {
      for (const name of snapshots) await fixture.storage.remove({ type: "snapshot", name });
    },
    errors: async () => {
      const report = await checkRepository(await open(), { readData: true });
      return report.errors.map(({ message }) => message);
    },
  };
}

/** One snapshot of a folder with these files. */
export async function saveState(repository: Repository, files: readonly Uint8Array[], n: number): Promise<SnapshotId> {
  const nodes: TreeNode[] = [];
  for (const [at, bytes] of files.entries()) {
    const content = [(await repository.saveBlob("data", bytes)).id];
    nodes.push({
      ...bareNode(Buffer.from(`f${String(at).padStart(3, "0")}`), "file"),
      content,
      size: BigInt(bytes.byteLength),
    });
  }
  const subtree = await saveTree(repository, nodes);
  const tree = await saveTree(repository, [{ ...bareNode(Buffer.from("dir"), "dir"), subtree }]);
  await repository.flush();
  const time = { ns: BigInt(n + 1) * 1_000_000_000n, offsetS: 0 };
  return saveSnapshot(repository, { ...emptySnapshot, time, tree, paths: ["/dir"], otherKeys: [] });
}

async function saveTree(repository: Repository, nodes: TreeNode[]): Promise<Id> {
  return (await repository.saveBlob("tree", serialiseTree(nodes))).id;
}
