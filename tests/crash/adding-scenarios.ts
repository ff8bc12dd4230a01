import { copySnapshots } from "@holdfast/engine";
import { changedTree, seededTree } from "../model/model-tree.ts";
import type { Scenario } from "./crash-states.ts";
import { repositoryPath, type World } from "./world.ts";

const sourcePath = "/source";

/** A repository with the history of one tree. */
export async function prepareHistory(
  world: World,
  seed: number | string,
  snapshots: number,
  version: 1 | 2 = 2,
): Promise<void> {
  await world.init(repositoryPath, { version });
  let tree = seededTree(seed);
  for (let round = 0; round < snapshots; round += 1) {
    await world.backUp(tree);
    tree = changedTree(tree, `${seed} ${round}`);
  }
}

/** The verbs that only add. @param seed what the trees are made from */
export function addingScenarios(seed: number | string): readonly Scenario[] {
  return [
    {
      name: "init",
      prepare: async () => {},
      run: async (world) => {
        await world.init();
        return {};
      },
      onlyAdds: true,
    },
    {
      name: "first backup",
      prepare: (world) => prepareHistory(world, seed, 0),
      run: async (world) => {
        const tree = seededTree(seed);
        return { added: new Map([[await world.backUp(tree), tree]]) };
      },
      onlyAdds: true,
    },
    {
      name: "backup of changes",
      prepare: (world) => prepareHistory(world, seed, 2),
      run: async (world) => {
        const tree = changedTree(world.tree, seed);
        return { added: new Map([[await world.backUp(tree), tree]]) };
      },
      onlyAdds: true,
    },
    copyScenario(seed),
  ];
}

function copyScenario(seed: number | string): Scenario {
  let source: World["elsewhere"] = new Map();
  const copyAll = async (world: World) => {
    const [from, to] = [await world.open(sourcePath), await world.open(repositoryPath)];
    const locks = [await from.lock("shared", world.owner), await to.lock("shared", world.owner)];
    const { copied } = await copySnapshots({ from, to });
    for (const lock of locks) await lock.release();
    return new Map(copied.map((copy) => [copy.to, source.get(copy.from)!]));
  };
  return {
    name: "copy",
    prepare: async (world) => {
      await prepareHistory(world, seed, 1);
      await world.init(sourcePath);
      for (const tree of [world.tree, seededTree(`${seed} other`)]) await world.backUp(tree, sourcePath);
      source = world.elsewhere;
    },
    run: async (world) => ({ added: await copyAll(world) }),
    again: async (world) => {
      const { promised, contents } = world.history;
      return { promised, contents: new Map([...contents, ...(await copyAll(world))]) };
    },
    onlyAdds: true,
  };
}
