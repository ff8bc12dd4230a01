import { isDeepStrictEqual } from "node:util";
import {
  listDirectory,
  listSnapshots,
  repairIndex,
  repairSnapshots,
  type Id,
  type PackId,
  type Repository,
  type StoredSnapshot,
  type TreeId,
} from "@holdfast/engine";
import type { ModelTree } from "../model/model-tree.ts";
import { prepareHistory } from "./adding-scenarios.ts";
import type { Scenario } from "./crash-states.ts";
import { alone } from "./removing-scenarios.ts";
import type { World } from "./world.ts";

/**
 * Two packs are lost for ever, one of file content and one of listings; the index knows it already. What is left of each
 * snapshot is what the model says without the files and folders that lay there.
 */
export function mendingScenario(seed: number | string): Scenario {
  return {
    name: "repair snapshots",
    prepare: async (world) => {
      await prepareHistory(world, seed, 4);
      await losePacks(world);
    },
    run: async (world) => {
      await mendAll(world);
      return {};
    },
    again: async (world) => {
      await mendAll(world);
      return world.history;
    },
    heals: true,
  };
}

async function mendAll(world: World): Promise<void> {
  await alone(world, async (repository) => {
    const all = await readableSnapshots(repository);
    await repository.loadIndex();
    await Array.fromAsync(repairSnapshots(repository, all, all, { forget: true }));
  });
}

function readableSnapshots(repository: Repository): Promise<StoredSnapshot[]> {
  return listSnapshots(repository, (_, error) => {
    throw error;
  });
}

async function losePacks(world: World): Promise<void> {
  await alone(world, async (repository) => {
    const snapshots = await readableSnapshots(repository);
    await repository.loadIndex();
    for (const name of chosenPacks(repository, snapshots)) await world.storage().remove({ type: "pack", name });
    await repairIndex(repository);
  });
  const repository = await world.open();
  const snapshots = await readableSnapshots(repository);
  await repository.loadIndex();
  const { contents } = world.history;
  const left = snapshots.map(
    async ({ id, tree }) => [id, await whatIsLeft(repository, tree, contents.get(id)!)] as const,
  );
  const contentsLeft = new Map(await Promise.all(left));
  if (isDeepStrictEqual(contents, contentsLeft)) throw new Error("nothing was lost");
  world.history = { ...world.history, contents: contentsLeft };
}

/** The first of each kind in which no snapshot has its beginning. */
function chosenPacks(repository: Repository, snapshots: readonly StoredSnapshot[]): PackId[] {
  const roots = new Set<Id>(snapshots.map(({ tree }) => tree));
  const packs = [...repository.packs()].sort((left, right) => (left.id < right.id ? -1 : 1));
  const first = (type: "data" | "tree") =>
    packs.find(({ blobs }) => blobs.every((blob) => blob.type === type && !roots.has(blob.id)))?.id;
  return [first("data"), first("tree")].filter((id) => id !== undefined);
}

/** Every file of a model has one chunk, so what has lost one has nothing left. */
async function whatIsLeft(repository: Repository, tree: TreeId, model: ModelTree): Promise<ModelTree> {
  const left = new Map(model);
  for (const { name, content = [], subtree } of await listDirectory(repository, tree, [])) {
    const key = name.toString("latin1");
    const entry = model.get(key)!;
    if (content.some((id) => !repository.has("data", id))) left.set(key, { ...entry, content: new Uint8Array(0) });
    if (subtree === undefined) continue;
    const isThere = repository.has("tree", subtree);
    left.set(key, { ...entry, children: isThere ? await whatIsLeft(repository, subtree, entry.children!) : new Map() });
  }
  return left;
}
