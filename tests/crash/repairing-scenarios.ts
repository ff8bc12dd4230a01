import {
  applyMigration,
  listSnapshots,
  migrations,
  PatternList,
  recover,
  removeLocks,
  repairIndex,
  repairPacks,
  rewriteSnapshots,
  type PackId,
  type Repository,
  type SnapshotId,
} from "@holdfast/engine";
import type { ModelTree } from "../model/model-tree.ts";
import { prepareHistory } from "./adding-scenarios.ts";
import type { Outcome, Scenario } from "./crash-states.ts";
import { alone } from "./removing-scenarios.ts";
import { kdf, password, type World } from "./world.ts";

const [second, third] = ["second password", "third password"];

/** The verbs that mend and change a repository as a whole: repairs, recovery, rewriting, migration and keys. */
export function repairingScenarios(seed: number | string): readonly Scenario[] {
  return [
    {
      name: "repair index",
      prepare: async (world) => {
        await prepareHistory(world, seed, 3);
        await removeSome(world, "index", 1);
      },
      run: healing((world) => alone(world, (repository) => repairIndex(repository))),
      again: healed((world) => alone(world, (repository) => repairIndex(repository))),
      heals: true,
    },
    {
      name: "repair packs",
      prepare: async (world) => {
        await prepareHistory(world, seed, 2);
        await breakHeaders(world);
      },
      run: healing(salvage),
      again: healed(salvage),
      heals: true,
    },
    {
      name: "recover",
      prepare: async (world) => {
        await prepareHistory(world, seed, 3);
        await removeSome(world, "snapshot", 1);
      },
      run: async (world) => {
        const { hostname, username } = world.owner;
        await alone(world, (repository) => recover(repository, { hostname, username, programVersion: "crash test" }));
        return { makesStrangers: true };
      },
    },
    {
      name: "unlock",
      prepare: async (world) => {
        await prepareHistory(world, seed, 1);
        for (let count = 0; count < 3; count += 1) await leaveLock(world);
      },
      run: async (world) => {
        await removeLocks(await world.open(), { all: false, hostname: world.owner.hostname });
        return {};
      },
      onlyAdds: true,
    },
    {
      name: "rewrite",
      prepare: (world) => prepareHistory(world, seed, 3),
      run: async (world) => ({ replaced: await rewriteAll(world) }),
    },
    {
      name: "migrate",
      prepare: (world) => prepareHistory(world, seed, 2, 1),
      run: async (world) => {
        await alone(world, (repository) => applyMigration(repository, migrations[0]!));
        return {};
      },
    },
    {
      name: "key add",
      prepare: (world) => prepareHistory(world, seed, 1),
      run: async (world) => {
        await (await world.open()).keys.add(newKey(world, second));
        return { passwords: { during: [password], after: [second] } };
      },
      onlyAdds: true,
    },
    {
      name: "key remove",
      prepare: async (world) => {
        await prepareHistory(world, seed, 1);
        await (await world.open()).keys.add(newKey(world, second));
        world.history = { ...world.history, passwords: [second] };
      },
      run: async (world) => {
        await alone(world, async (repository) => {
          for (const key of await repository.keys.list(() => {}))
            if (!key.isCurrent) await repository.keys.remove(key.id);
        });
        return { passwords: { during: [second], after: [second] } };
      },
    },
    {
      name: "key passwd",
      prepare: (world) => prepareHistory(world, seed, 1),
      run: async (world) => {
        await alone(world, (repository) => repository.keys.changePassword(newKey(world, third)));
        return { passwords: { during: [password, third], after: [third] } };
      },
    },
  ];
}

const newKey = ({ owner: { hostname, username } }: World, newPassword: string) => ({
  password: newPassword,
  hostname,
  username,
  kdf,
});

/** As a process does that is killed: its lock is there, and nobody refreshes it. */
async function leaveLock(world: World): Promise<void> {
  const storage = world.storage();
  const before = new Set((await Array.fromAsync(storage.list("lock"))).map(({ name }) => name));
  const lock = await (await world.open()).lock("shared", world.owner);
  const own = (await Array.fromAsync(storage.list("lock"))).find(({ name }) => !before.has(name))!;
  const file = { type: "lock", name: own.name } as const;
  const bytes = await storage.read(file);
  await lock.release();
  await storage.write(file, bytes);
}

function healing(act: (world: World) => Promise<unknown>): Scenario["run"] {
  return async (world) => {
    await act(world);
    return {};
  };
}

function healed(act: (world: World) => Promise<unknown>): NonNullable<Scenario["again"]> {
  return async (world) => {
    await act(world);
    return world.history;
  };
}

/** As when files are lost: index files, which packs can tell again, or a snapshot whose trees are still there. */
async function removeSome(world: World, type: "index" | "snapshot", count: number): Promise<void> {
  const storage = world.storage();
  const names = (await Array.fromAsync(storage.list(type))).map(({ name }) => name).sort();
  for (const name of names.slice(0, count)) await storage.remove({ type, name });
  if (type === "index") return;
  const { promised, contents } = world.history;
  const left = promised.filter(([id]) => !names.slice(0, count).includes(id!));
  world.history = {
    promised: left,
    contents: new Map([...contents].filter(([id]) => left.some(([one]) => one === id))),
  };
}

/** A flipped bit in the headers of two packs: every blob is there, but the pack is not what its name says. */
async function breakHeaders(world: World): Promise<void> {
  const storage = world.storage();
  const names = (await Array.fromAsync(storage.list("pack"))).map(({ name }) => name).sort();
  for (const name of names.slice(0, 2)) {
    const bytes = await storage.read({ type: "pack", name });
    bytes[bytes.byteLength - 10]! ^= 1;
    await storage.remove({ type: "pack", name });
    await storage.write({ type: "pack", name }, bytes);
  }
}

/** Repairs every pack that is not what its name says. */
export async function salvage(world: World): Promise<void> {
  await alone(world, async (repository) => {
    const packIds = (await repository.list("pack")).map(({ name }) => name as PackId);
    const keepCopy = async (_: PackId, pieces: AsyncIterable<Uint8Array>) => void (await Array.fromAsync(pieces));
    await repairPacks(repository, { packIds, keepCopy });
  });
}

/** Leaves every file out that is called "empty", and lets go of the snapshots as they were. */
async function rewriteAll(world: World): Promise<NonNullable<Outcome["replaced"]>> {
  const replaced = new Map<SnapshotId, { readonly by: SnapshotId; readonly tree: ModelTree }>();
  await alone(world, async (repository: Repository) => {
    const all = await listSnapshots(repository, () => {});
    await repository.loadIndex();
    const options = { excludes: [new PatternList(["empty"])], forget: true };
    for await (const { snapshot, replacement } of rewriteSnapshots(repository, all, all, options)) {
      const tree = withoutEmpty(world.history.contents.get(snapshot.id)!);
      if (replacement.kind === "replaced") replaced.set(snapshot.id, { by: replacement.id, tree });
    }
  });
  return replaced;
}

function withoutEmpty(tree: ModelTree): ModelTree {
  const entries = [...tree].filter(([name]) => name !== "empty");
  return new Map(
    entries.map(([name, entry]) => [
      name,
      entry.children === undefined ? entry : { ...entry, children: withoutEmpty(entry.children) },
    ]),
  );
}
