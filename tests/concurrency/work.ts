import { HoldfastError } from "@holdfast/base";
import {
  backup,
  checkRepository,
  copySnapshots,
  forgetSnapshots,
  listSnapshots,
  prune,
  repairIndex,
  type SnapshotId,
  type UnusedLimit,
} from "@holdfast/engine";
import type { Storage } from "@holdfast/storage";
import { differenceFromModel } from "../model/compare-with-model.ts";
import { modelSource } from "../model/model-source.ts";
import { seededTree, type ModelTree } from "../model/model-tree.ts";
import { newRepository, party, type Party } from "./party.ts";

/** A piece of work as somebody does it from beginning to end. @returns the snapshots that it says exist now */
export type Work = (who: Party) => Promise<readonly SnapshotId[]>;

/** Everything is moved together that can be. */
const nothing: UnusedLimit = { kind: "bytes", bytes: 0 };

export const trees = { base: seededTree("base"), next: seededTree("next"), other: seededTree("other") };

export const backUp =
  (tree: ModelTree): Work =>
  async (who) => {
    const repository = await who.open();
    const options = { ...who.owner, technology: "full" as const, programVersion: "test", isMeasured: false };
    const { snapshotId } = await backup(repository, modelSource(tree), options);
    return [snapshotId];
  };

export const pruneAll: Work = async (who) => {
  const repository = await who.open();
  await prune(repository, { lock: who.owner, maxUnused: nothing });
  return [];
};

/** Forgets all that `whose` made. */
export const forgetOf =
  (whose: string): Work =>
  async (who) => {
    const repository = await who.open();
    const lock = await repository.lock("exclusive", who.owner);
    try {
      const all = await listSnapshots(repository, () => {});
      const ids = all.filter(({ hostname }) => hostname === whose).map(({ id }) => id);
      await forgetSnapshots(repository, ids, () => {}, lock.signal);
    } finally {
      await lock.release();
    }
    return [];
  };

export const checkAll: Work = async (who) => {
  const repository = await who.open();
  const lock = await repository.lock("exclusive", who.owner);
  try {
    const { errors } = await checkRepository(repository, { readData: true });
    if (errors.length > 0) throw new Error(`check beside others found: ${errors[0]!.message}`);
  } finally {
    await lock.release();
  }
  return [];
};

/** Copies everything into a repository of its own. */
export const copyAway: Work = async (who) => {
  const from = await who.open();
  const elsewhere = party(`${who.name}'s other`, await newRepository());
  const lock = await from.lock("shared", who.owner);
  try {
    await copySnapshots({ from, to: await elsewhere.open() });
  } finally {
    await lock.release();
  }
  return [];
};

/** How a piece of work ended: what it acknowledged, or the code of what ended it. */
export async function outcomeOf(work: Promise<readonly SnapshotId[]>): Promise<readonly SnapshotId[] | string> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof HoldfastError) return error.code;
    throw error;
  }
}

/**
 * Whether every snapshot that is there, and every one that was acknowledged, can be had as it was made.
 * @param treeOf the model of what each acknowledged snapshot holds
 * @returns what is wrong, in words
 */
export async function damageIn(
  storage: Storage,
  treeOf: ReadonlyMap<SnapshotId, ModelTree>,
  options: { readonly afterRepair?: boolean } = {},
): Promise<string[]> {
  const repository = await party("judge", storage).open();
  if (options.afterRepair === true) await repairIndex(repository);
  const judge = await party("judge", storage).open();
  const { errors } = await checkRepository(judge, { readData: true });
  const wrong = errors.map(({ message }) => message);
  for (const [id, tree] of treeOf) {
    try {
      const difference = await differenceFromModel(judge, id, tree);
      if (difference !== undefined) wrong.push(`${id}: ${difference}`);
    } catch (error) {
      wrong.push(`${id}: ${String(error)}`);
    }
  }
  return wrong;
}
