import type { CrashDiskOptions } from "@holdfast/testkit";
import { crashStates, type CrashState, type CrashStates, type Scenario } from "./crash-states.ts";
import { judge, judgeOptions, Violation } from "./judge.ts";
import { storageStates } from "./storage-states.ts";
import { World, type WorldOptions } from "./world.ts";

/** What crashing a verb everywhere came to. */
export interface CampaignResult {
  readonly states: number;
  /** Of them, those that a reader can tell apart; each was opened, checked, compared and backed up to. */
  readonly judged: number;
  readonly operations: number;
  /** Broken promises; empty unless asked for, because the first one is thrown. */
  readonly violations: readonly Violation[];
}

export interface CampaignOptions {
  readonly ignoresSync?: CrashDiskOptions["ignoresSync"];
  readonly wrapStorage?: WorldOptions["wrapStorage"];
  /** Mixtures at each operation. */
  readonly mixtures?: number;
  /** Collects the broken promises of all states instead of ending at the first. */
  readonly collects?: boolean;
}

/**
 * Crashes a scenario after each of its operations and judges what is left.
 * @throws Violation, which says how to get there again
 */
export async function crashEverywhere(
  scenario: Scenario,
  seed: number | string,
  { collects = false, ...options }: CampaignOptions = {},
): Promise<CampaignResult> {
  const violations: Violation[] = [];
  const states = await crashStates(scenario, seed, options);
  await judgeOperations(scenario, states, seed);
  violations.push(...(await judgeAll(scenario, states.distinct, seed, collects)));
  return {
    states: states.count,
    judged: states.distinct.length,
    operations: states.operations.length,
    violations,
  };
}

/** As `crashEverywhere`, on a storage that keeps no order between what is under way at once. */
export async function endEverywhere(
  scenario: Scenario,
  seed: number | string,
): Promise<Pick<CampaignResult, "states" | "judged">> {
  const { count, distinct } = await storageStates(scenario, seed);
  await judgeAll(scenario, distinct, seed, false);
  return { states: count, judged: distinct.length };
}

/** @returns the violations when they are collected; else the first one is thrown */
async function judgeAll(
  scenario: Scenario,
  states: readonly CrashState[],
  seed: number | string,
  collects: boolean,
): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { image, history, foundAt } of states) {
    try {
      await judge(image, history, seed, judgeOptions(scenario));
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const placed = new Violation(
        error.invariant,
        `${scenario.name}, seed ${seed}, after operation ${foundAt}`,
        error,
      );
      if (!collects) throw placed;
      violations.push(placed);
    }
  }
  return violations;
}

/** I4: what may only add removes nothing but its lock. I6: nothing else is removed without an exclusive lock. */
async function judgeOperations(scenario: Scenario, states: CrashStates, seed: number | string): Promise<void> {
  for (const { path, image } of states.beforeRemovals) {
    if (path.includes("/locks/")) continue;
    if (scenario.onlyAdds === true) throw new Violation("I4", `${scenario.name}, seed ${seed}, removes ${path}`);
    const world = new World(`locks of ${seed}`, { image });
    const repository = await world.open();
    const locks = await Promise.all(
      (await repository.list("lock")).map(async ({ name }) =>
        JSON.parse(Buffer.from(await repository.loadUnpacked("lock", name as never)).toString()),
      ),
    );
    if (!locks.some((lock) => lock.exclusive === true))
      throw new Violation("I6", `${scenario.name}, seed ${seed}, removes ${path} without an exclusive lock`);
  }
}
