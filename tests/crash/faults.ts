import type { DiskOperation, DiskVerb, Fault } from "@holdfast/testkit";
import type { Scenario } from "./crash-states.ts";
import { faultAtEachCall } from "./fault-at-each-call.ts";
import { Violation } from "./judge.ts";
import { Rerun } from "./rerun.ts";

/** A loop over the 1st, 2nd, 3rd … operation of a verb, each failing in its own run, until a run meets no fault. */
export interface FaultLoopResult {
  /** Runs that met their fault. */
  readonly runs: number;
  readonly judged: number;
}

/** How a call of the storage may fail so that the caller hears of it. */
const toldFaults: readonly Pick<Fault, "operation" | "how" | "times">[] = [
  { operation: ["create", "stat", "read", "stream", "write", "remove", "list"], how: "fail" },
  { operation: ["write", "remove"], how: "fail-after" },
  { operation: ["read", "stream", "list"], how: "break-off" },
  { operation: "write", how: "run-out-of-space", times: Infinity },
];

/** Faults after which a verb must succeed all the same. */
const harmlessFaults: readonly Pick<Fault, "operation" | "how">[] = [
  { operation: ["read", "stream", "write", "remove", "list"], how: "delay" },
  { operation: ["write", "remove"], how: "duplicate" }, // listings are freed of repeats by `retrying`
];

/** Fails every call of the storage, one in each run, in every way that the caller hears of. */
export async function failEachCall(scenario: Scenario, seed: number | string): Promise<FaultLoopResult> {
  const rerun = await Rerun.prepare(scenario, seed);
  let runs = 0;
  for (const fault of [...toldFaults, ...harmlessFaults]) {
    for await (const { run, what } of faultAtEachCall(rerun, fault)) {
      runs += 1;
      if (run.outcome === undefined && harmlessFaults.some(({ how }) => how === fault.how))
        throw new Violation("no help", `${scenario.name}, seed ${seed}, ends at ${what}`);
      await rerun.judge(run, what);
    }
  }
  return { runs, judged: rerun.judged };
}

/** Operations that a full disk refuses. */
export const roomTaking: ReadonlySet<DiskVerb> = new Set(["createFile", "append", "close", "link", "makeDirectory"]);

/** Fills the disk at every operation that needs space; it stays full until the verb has ended. */
export async function fillDiskAtEachWrite(scenario: Scenario, seed: number | string): Promise<FaultLoopResult> {
  const needsSpace = ({ verb }: DiskOperation) => roomTaking.has(verb);
  return failDisk(scenario, seed, "ENOSPC", needsSpace, Infinity);
}

/** Lets every operation of the disk fail once, reading ones too. */
export async function failEachDiskOperation(scenario: Scenario, seed: number | string): Promise<FaultLoopResult> {
  return failDisk(scenario, seed, "EIO", () => true, 1);
}

async function failDisk(
  scenario: Scenario,
  seed: number | string,
  code: string,
  fits: (operation: DiskOperation) => boolean,
  times: number,
): Promise<FaultLoopResult> {
  const rerun = await Rerun.prepare(scenario, seed);
  let runs = 0;
  for (let nth = 1; ; nth += 1) {
    let seen = 0;
    const fault = (operation: DiskOperation) => {
      if (!fits(operation)) return undefined;
      seen += 1;
      return seen >= nth && seen < nth + times ? code : undefined;
    };
    const run = await rerun.run({ fault });
    if (seen < nth) {
      if (run.outcome === undefined)
        throw new Violation("no help", `${scenario.name}, seed ${seed}, ends although ${code} never comes`);
      return { runs, judged: rerun.judged };
    }
    runs += 1;
    await rerun.judge(run, `${code} at operation ${nth}`);
  }
}
