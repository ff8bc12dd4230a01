import { HoldfastError } from "@holdfast/base";
import {
  checkRepository,
  idOf,
  listSnapshots,
  repairIndex,
  type Repository,
  type StoredSnapshot,
} from "@holdfast/engine";
import type { DiskImage, Fault } from "@holdfast/testkit";
import { differenceFromModel } from "../model/compare-with-model.ts";
import type { Scenario } from "./crash-states.ts";
import { judge, Violation } from "./judge.ts";
import { alone } from "./removing-scenarios.ts";
import { salvage } from "./repairing-scenarios.ts";
import type { Rerun, Run } from "./rerun.ts";
import { World, type History } from "./world.ts";

/** What became of a fault: the verb said that it failed, a later check tells of it, or nobody can see a difference. */
export type Judgement = "refused" | "reported" | "harmless";

/**
 * Judges what a verb has left on a storage that did something wrong without saying so:
 *
 * - where check finds nothing, everything that was promised is there, and whatever runs next needs no help
 * - where check finds something, no snapshot gives other data than it was made of, and after the cure that check names,
 *   a repair of the index, every earlier one is whole or one that stands for it, as far as the storage has kept what it
 *   was given
 *
 * @throws Violation
 */
export async function judgeSilent(
  scenario: Scenario,
  rerun: Rerun,
  run: Run,
  fault: Pick<Fault, "how">,
  what: string,
): Promise<Judgement> {
  const isTold =
    scenario.heals === true
      ? await isStillDamaged(scenario, rerun, run, what)
      : await isReported(rerun, run, fault, what);
  if (run.outcome === undefined) return "refused";
  return isTold ? "reported" : "harmless";
}

/** Whether check finds something, with what must hold then or otherwise. */
async function isReported(rerun: Rerun, run: Run, fault: Pick<Fault, "how">, what: string): Promise<boolean> {
  const image = run.world.disk.exact();
  const history = rerun.promisedAfter(run);
  if (await isClean(image, history)) {
    await rerun.judge(run, what, false);
    return false;
  }
  const world = worldOf(image, history);
  // A blob that prune has moved is as good as the storage's word for it; nobody reads all of it back.
  const mayLack = fault.how === "corrupt" && (await hasSpoiltPack(world));
  await judgeReported(world, history, run, mayLack);
  return true;
}

/** A repair that met a fault is run again; where that is not enough, after repairs of index and packs. */
async function isStillDamaged(scenario: Scenario, rerun: Rerun, run: Run, what: string): Promise<boolean> {
  try {
    await rerun.judge(run, what, false);
    return false;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const again = async (world: World) => {
      await alone(world, (repository) => repairIndex(repository));
      await salvage(world);
      return scenario.again!(world);
    };
    await judge(run.world.disk.exact(), rerun.promisedAfter(run), what, { again, wasDamaged: true });
    return true;
  }
}

function worldOf(image: DiskImage, history: History): World {
  const world = new World("after a silent fault", { image, startMs: Date.UTC(2026, 0, 3) });
  world.history = history;
  return world;
}

async function isClean(image: DiskImage, history: History): Promise<boolean> {
  try {
    const { errors } = await checkRepository(await worldOf(image, history).open(), { readData: true });
    return errors.length === 0;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    if (history.promised.length > 0) throw new Violation("I2", "the repository does not open", error);
    return false;
  }
}

async function hasSpoiltPack(world: World): Promise<boolean> {
  const storage = world.storage();
  for await (const { name } of storage.list("pack"))
    if (idOf(await storage.read({ type: "pack", name })) !== name) return true;
  return false;
}

async function judgeReported(world: World, history: History, run: Run, mayLack: boolean): Promise<void> {
  if (run.before.promised.length === 0) return;
  await alone(world, (repository) => repairIndex(repository));
  const repository = await world.open();
  const snapshots = await listSnapshots(repository, () => {});
  await repository.loadIndex();
  const whole = new Set<string>();
  const damaged = new Set<string>();
  for (const snapshot of snapshots) {
    const { id, original = id } = snapshot;
    const found = (await isWhole(repository, snapshot, history)) ? whole : damaged;
    found.add(id).add(original);
  }
  const successors = [...(run.outcome?.replaced?.values() ?? [])].map(({ by }) => by);
  const earlier = new Set([...run.before.contents.keys(), ...successors]);
  for (const group of history.promised) {
    if (!group.some((id) => earlier.has(id)) || group.some((id) => whole.has(id))) continue;
    const isDamaged = group.some((id) => damaged.has(id));
    if (!isDamaged || !mayLack)
      throw new Violation("I2", `snapshot ${group.join(" or ")} was there and is ${isDamaged ? "damaged" : "gone"}`);
  }
}

/** @returns false when reading says that something is damaged @throws Violation when it gives something else */
async function isWhole(
  repository: Repository,
  { id, original = id }: StoredSnapshot,
  { contents, unacknowledged = [], hasStrangers }: History,
): Promise<boolean> {
  const known = contents.get(id) ?? contents.get(original);
  const differences: string[] = [];
  for (const tree of [...(known === undefined ? [] : [known]), ...unacknowledged]) {
    try {
      const difference = await differenceFromModel(repository, id, tree);
      if (difference === undefined) return true;
      differences.push(difference);
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      return false;
    }
  }
  if (hasStrangers === true && known === undefined) return true;
  throw new Violation("I5", `snapshot ${id} is not what it was: ${differences.join("; or ")}`);
}
