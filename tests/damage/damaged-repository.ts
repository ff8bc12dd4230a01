import { HoldfastError } from "@holdfast/base";
import { checkRepository, listSnapshots, type SnapshotId } from "@holdfast/engine";
import { fileTypes, memoryStorage, type FileHandle, type Storage } from "@holdfast/storage";
import { World } from "../crash/world.ts";
import { differenceFromModel } from "../model/compare-with-model.ts";
import { changedTree, seededTree, type ModelTree } from "../model/model-tree.ts";

/** A repository whose every byte is known, and what its snapshots hold. */
export interface KnownRepository {
  readonly files: readonly { readonly file: FileHandle; readonly bytes: Uint8Array }[];
  readonly contents: ReadonlyMap<SnapshotId, ModelTree>;
  readonly bytes: number;
}

/** At least `bytesWanted` bytes of repository and little more, in two snapshots. */
export async function knownRepository(seed: number | string, bytesWanted: number): Promise<KnownRepository> {
  for (let fileBytesMax = bytesWanted / 16; ; fileBytesMax *= 1.04) {
    const known = await repositoryOf(seed, Math.round(fileBytesMax));
    if (known.bytes >= bytesWanted) return known;
  }
}

async function repositoryOf(seed: number | string, fileBytesMax: number): Promise<KnownRepository> {
  const world = new World(`damage ${seed}`);
  await world.init();
  const tree = seededTree(seed, { directories: 5, files: 24, fileBytesMax });
  await world.backUp(tree);
  await world.backUp(changedTree(tree, seed));
  const storage = world.storage();
  const files: { file: FileHandle; bytes: Uint8Array }[] = [];
  for (const type of fileTypes)
    for (const { name } of await Array.fromAsync(storage.list(type)))
      files.push({ file: { type, name }, bytes: await storage.read({ type, name }) });
  const bytes = files.reduce((sum, file) => sum + file.bytes.byteLength, 0);
  return { files, contents: world.history.contents, bytes };
}

/** The repository in memory, with one file as `damaged` has it; undefined takes the file away. */
export async function storageWith(
  { files }: KnownRepository,
  damaged?: { readonly file: FileHandle; readonly bytes: Uint8Array | undefined },
): Promise<Storage> {
  const storage = memoryStorage();
  for (const { file, bytes } of files) {
    const stored = damaged !== undefined && isSame(file, damaged.file) ? damaged.bytes : bytes;
    if (stored !== undefined) await storage.write(file, stored);
  }
  return storage;
}

const isSame = (left: FileHandle, right: FileHandle) => left.type === right.type && left.name === right.name;

/**
 * Does with a damaged repository what a person would: opens it, checks it, reads every snapshot.
 * @returns whether anybody said that something is wrong
 * @throws Error when what was read is not what was backed up: the one thing that must never happen
 */
export async function isReported(storage: Storage, contents: KnownRepository["contents"]): Promise<boolean> {
  const world = new World("reader", { wrapStorage: () => storage });
  let isSaid = false;
  const said = (error: unknown) => {
    if (!(error instanceof HoldfastError)) throw error;
    isSaid = true;
  };
  try {
    const checked = await world.open();
    const { errors } = await checkRepository(checked, { readData: true });
    if (errors.length > 0) isSaid = true;
    const repository = await world.open();
    const snapshots = await listSnapshots(repository, (_, error) => said(error));
    // A snapshot that is gone altogether is missed by whoever remembers it, as the control plane does.
    if (snapshots.length < contents.size) isSaid = true;
    await repository.loadIndex(undefined, (_, error) => said(error));
    for (const { id } of snapshots) {
      const tree = contents.get(id);
      if (tree === undefined) throw new Error(`a snapshot ${id} that nobody made`);
      const difference = await differenceFromModel(repository, id, tree).catch((error: unknown) => said(error));
      if (difference !== undefined) throw new Error(`wrong data: ${difference}`);
    }
  } catch (error) {
    said(error);
  }
  return isSaid;
}
