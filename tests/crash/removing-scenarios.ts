import {
  forgetSnapshots,
  listSnapshots,
  prune,
  tagSnapshots,
  type Repository,
  type SnapshotId,
} from "@holdfast/engine";
import { prepareHistory } from "./adding-scenarios.ts";
import type { Outcome, Scenario } from "./crash-states.ts";
import type { World } from "./world.ts";

/** The verbs that remove what was stored, or put something else in its place. */
export function removingScenarios(seed: number | string): readonly Scenario[] {
  return [
    {
      name: "forget",
      prepare: (world) => prepareHistory(world, seed, 4),
      run: async (world) => {
        const removed = oldest(world, 2);
        await alone(world, (repository) => forgetSnapshots(repository, removed));
        return { removed };
      },
    },
    {
      name: "tag",
      prepare: (world) => prepareHistory(world, seed, 3),
      run: async (world) => ({ replaced: await tagAll(world, "kept") }),
    },
    {
      name: "prune",
      prepare: async (world) => {
        await prepareHistory(world, seed, 4);
        await forgetOldest(world, 2);
      },
      run: async (world) => {
        await pruneAll(world);
        return {};
      },
      again: async (world) => {
        await pruneAll(world);
        return world.history;
      },
    },
    {
      name: "prune of small packs",
      prepare: (world) => prepareHistory(world, seed, 3),
      run: async (world) => {
        const repository = await world.open();
        await prune(repository, {
          lock: world.owner,
          repackSmallerThanBytes: 50_000,
          maxUnused: { kind: "bytes", bytes: 0 },
        });
        return {};
      },
    },
  ];
}

const oldest = ({ history }: World, count: number): readonly SnapshotId[] =>
  history.promised.slice(0, count).map(([id]) => id!);

/** A piece of work under the exclusive lock. */
export async function alone<Result>(world: World, work: (repository: Repository) => Promise<Result>): Promise<Result> {
  const repository = await world.open();
  const lock = await repository.lock("exclusive", world.owner);
  try {
    return await work(repository);
  } finally {
    await lock.release();
  }
}

async function forgetOldest(world: World, count: number): Promise<void> {
  const removed = oldest(world, count);
  await alone(world, (repository) => forgetSnapshots(repository, removed));
  const { promised, contents } = world.history;
  world.history = {
    promised: promised.slice(count),
    contents: new Map([...contents].filter(([id]) => !removed.includes(id))),
  };
}

/** Everything that is unused goes: the most work that a prune can have. */
async function pruneAll(world: World): Promise<void> {
  await prune(await world.open(), { lock: world.owner, maxUnused: { kind: "bytes", bytes: 0 } });
}

async function tagAll(world: World, tag: string): Promise<NonNullable<Outcome["replaced"]>> {
  const replaced = new Map<SnapshotId, { by: SnapshotId; tree: NonNullable<ReturnType<World["history"]["contents"]["get"]>> }>(); // prettier-ignore
  await alone(world, async (repository) => {
    const snapshots = await listSnapshots(repository, (_, error) => {
      throw error;
    });
    await tagSnapshots(repository, snapshots, { add: [tag], remove: [] }, (oldId, newId) =>
      replaced.set(oldId, { by: newId, tree: world.history.contents.get(oldId)! }),
    );
  });
  return replaced;
}
