import { HoldfastError, isFailure } from "@holdfast/base";
import { checkRepository, engineErrors, listSnapshots, type Repository, type SnapshotId } from "@holdfast/engine";
import type { DiskImage } from "@holdfast/testkit";
import { differenceFromModel } from "../model/compare-with-model.ts";
import { changedTree, type ModelTree } from "../model/model-tree.ts";
import type { Scenario } from "./crash-states.ts";
import { World, type History } from "./world.ts";

/** The invariants of reliability 1.2 that a crash state can break. */
export type Invariant = "I1" | "I2" | "I3" | "I4" | "I5" | "I6" | "I7" | "I8" | "no help";

/** A promise that does not hold. */
export class Violation extends Error {
  readonly invariant: Invariant;

  constructor(invariant: Invariant, what: string, cause?: unknown) {
    super(`${invariant}: ${what}${cause instanceof Error ? `: ${cause.message}` : ""}`, { cause });
    this.invariant = invariant;
  }
}

export interface JudgeOptions {
  /** What the user may do next besides backing up; most often the same verb again. Returns what holds then. */
  readonly again?: (world: World) => Promise<History>;
  /** The repository was damaged before: nothing need be right until the verb has run to its end. */
  readonly wasDamaged?: boolean;
}

/** How what a scenario leaves is judged. */
export function judgeOptions({ again, heals = false }: Scenario): JudgeOptions {
  return again === undefined ? {} : { again, wasDamaged: heals };
}

/**
 * Starts a machine with what a crash left on its disk, and holds what it finds against what was promised:
 *
 * - I1: whatever snapshot is there is whole, and check finds no error
 * - I2, I3: every promised snapshot is there and holds bit for bit what was backed up
 * - no help: the next backup runs, the verb runs again, and all of this holds after them
 *
 * @throws Violation
 */
export async function judge(
  image: DiskImage,
  history: History,
  seed: number | string,
  options: JudgeOptions = {},
): Promise<void> {
  const world = new World(`after ${seed}`, { image, startMs: Date.UTC(2026, 0, 3) });
  world.history = history;
  const isThere = await ensureRepository(world, history);
  if (options.wasDamaged === true) world.history = await unaided("the same verb again", () => options.again!(world));
  if (isThere) await judgeContent(world, world.history, true);
  const tree = changedTree(anyTree(history), `next ${seed}`);
  await unaided("the next backup", () => world.backUp(tree));
  const { again } = options;
  if (again !== undefined) world.history = await unaided("the same verb again", () => again(world));
  await judgeContent(world, world.history, again !== undefined);
  await judgeLocks(world);
}

function anyTree({ contents }: History): ModelTree {
  return [...contents.values()].at(-1) ?? new Map();
}

/** A crash in init leaves a repository, or a place where init works. */
async function ensureRepository(world: World, history: History): Promise<boolean> {
  try {
    await world.open();
    return true;
  } catch (error) {
    if (!isFailure(error, engineErrors.noRepository)) throw new Violation("I1", "the repository does not open", error);
    if (history.promised.length > 0) throw new Violation("I3", "the repository is gone", error);
    await unaided("init once more", () => world.init());
    return false;
  }
}

/** @param readData after verbs that only add, what was read before need not be read again, only what came */
async function judgeContent(world: World, history: History, readData: boolean): Promise<void> {
  const { promised, contents, unacknowledged = [], hasStrangers = false } = history;
  const repository = await world.open();
  const report = await checkRepository(repository, { readData });
  const [first] = report.errors;
  if (first !== undefined)
    throw new Violation("I1", `check finds ${report.errors.length} errors, first ${first.code}: ${first.message}`);

  const snapshots = await listSnapshots(repository, (id, error) => {
    throw new Violation("I1", `snapshot ${id} does not read`, error);
  });
  const there = new Set(snapshots.flatMap(({ id, original }) => (original === undefined ? [id] : [id, original])));
  for (const group of promised)
    if (!group.some((id) => there.has(id))) throw new Violation("I2", `snapshot ${group.join(" or ")} is gone`);
  for (const { id, original } of readData ? snapshots : snapshots.slice(-1)) {
    const known = contents.get(id) ?? (original === undefined ? undefined : contents.get(original));
    const trees = [...(known === undefined ? [] : [known]), ...unacknowledged];
    if (trees.length === 0 && hasStrangers) continue;
    if (trees.length === 0) throw new Violation("I1", `nobody made snapshot ${id}`);
    const differences: string[] = [];
    for (const tree of trees) {
      const difference = await differenceOrViolation(repository, id, tree);
      if (difference === undefined) break;
      differences.push(difference);
    }
    if (differences.length === trees.length)
      throw new Violation("I2", `in snapshot ${id}, ${differences.join("; or ")}`);
  }
}

async function differenceOrViolation(repository: Repository, id: SnapshotId, tree: ModelTree) {
  try {
    return await differenceFromModel(repository, id, tree);
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    throw new Violation("I2", `snapshot ${id} does not restore`, error);
  }
}

async function judgeLocks(world: World): Promise<void> {
  const left = await Array.fromAsync(world.storage().list("lock"));
  if (left.length > 0) throw new Violation("no help", `${left.length} locks are left over`);
}

async function unaided<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    throw new Violation("no help", `${what} failed`, error);
  }
}
