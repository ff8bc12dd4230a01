import type { Storage } from "@holdfast/storage";
import { faultyStorage, type Fault } from "@holdfast/testkit";
import type { Rerun, Run } from "./rerun.ts";
import { repositoryPath } from "./world.ts";

/**
 * Runs a scenario again and again, with the 1st, 2nd, 3rd … call of the storage that a fault can hit met by it, until a
 * run meets none.
 * @param around what stands between the program and the storage
 * @yields each run that met its fault, and which one, for people
 */
export async function* faultAtEachCall(
  rerun: Rerun,
  fault: Pick<Fault, "operation" | "how" | "times">,
  around: (storage: Storage) => Storage = (storage) => storage,
): AsyncGenerator<{ run: Run; what: string }> {
  for (let nth = 1; ; nth += 1) {
    let hits = () => 0;
    const wrapStorage = (storage: Storage, path: string) => {
      if (path !== repositoryPath) return storage;
      const faulty = faultyStorage(storage, [{ ...fault, nth }]);
      const before = hits;
      hits = () => before() + faulty.hits;
      return around(faulty);
    };
    const run = await rerun.run({ wrapStorage });
    if (hits() === 0) return;
    yield { run, what: `${fault.how} at call ${nth} of ${String(fault.operation)}` };
  }
}
