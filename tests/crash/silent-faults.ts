import { silentLog } from "@holdfast/base";
import { retrying, type Storage } from "@holdfast/storage";
import { seededRandom, type Fault } from "@holdfast/testkit";
import type { Scenario } from "./crash-states.ts";
import { faultAtEachCall } from "./fault-at-each-call.ts";
import { hurriedClock } from "./hurried-clock.ts";
import { Violation } from "./judge.ts";
import { Rerun } from "./rerun.ts";
import { judgeSilent, type Judgement } from "./silent-judge.ts";

/** What a storage may do wrong and say nothing of. */
const silentFaults: readonly Pick<Fault, "operation" | "how">[] = [
  { operation: ["read", "stream"], how: "cut-short" },
  { operation: ["read", "stream"], how: "corrupt" },
  { operation: "write", how: "pretend" },
  { operation: "write", how: "cut-short" },
  { operation: "write", how: "corrupt" },
  { operation: "remove", how: "pretend" },
  { operation: "list", how: "cut-short" },
  { operation: "list", how: "stale-list" },
  { operation: "list", how: "duplicate" },
];

/** Runs that met their fault, by what became of it. */
export type SilentFaultCounts = Record<Judgement, number>;

/**
 * Lets every call of the storage do something wrong and keep silent about it, one in each run.
 * @throws Violation when data is lost that the storage kept, or wrong data is taken for good
 */
export async function keepSilentAtEachCall(scenario: Scenario, seed: number | string): Promise<SilentFaultCounts> {
  const rerun = await Rerun.prepare(scenario, seed);
  const counts: SilentFaultCounts = { refused: 0, reported: 0, harmless: 0 };
  for (const fault of silentFaults) {
    for await (const { run, what } of faultAtEachCall(rerun, fault, asPrograms)) {
      try {
        counts[await judgeSilent(scenario, rerun, run, fault, what)] += 1;
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        throw new Violation(error.invariant, `${scenario.name}, seed ${seed}, ${what}`, error);
      }
    }
  }
  return counts;
}

/** With what programs put around every storage; it frees listings of repeats. */
function asPrograms(storage: Storage): Storage {
  return retrying(storage, { clock: hurriedClock(0), random: seededRandom("pauses"), log: silentLog, budgetMs: 0 });
}
