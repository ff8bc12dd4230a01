import { imageFingerprint, loggedStorage, type DiskImage, type LoggedStorage } from "@holdfast/testkit";
import type { Storage } from "@holdfast/storage";
import { beginning, historiesOf, type CrashState, type Scenario } from "./crash-states.ts";
import { repositoryPath, World } from "./world.ts";

const statesMaxPerEvent = 16;

/**
 * What a verb that ends anywhere may leave on a storage that is no disk of ours: after each event of its log all that
 * was answered for, and every subset of what was under way. Object stores keep no order between two uploads.
 */
export async function storageStates(
  scenario: Scenario,
  seed: number | string,
): Promise<{ readonly count: number; readonly distinct: readonly CrashState[] }> {
  const before = new World(`${scenario.name} ${seed}`);
  await scenario.prepare(before);
  const image = beginning(before);
  let log: LoggedStorage | undefined;
  const wrapStorage = (storage: Storage, path: string) => {
    if (path !== repositoryPath) return storage;
    log ??= loggedStorage(storage, path.slice(1), image); // one log, however often the repository is opened
    return log;
  };
  const world = new World(`run ${scenario.name} ${seed}`, { image, startMs: before.clock.nowMs(), wrapStorage });
  world.tree = before.tree;
  world.history = before.history;
  const { during, after } = historiesOf(before.history, await scenario.run(world));

  const found = new Map<string, CrashState>();
  const events = log?.events ?? 0;
  let count = 0;
  for (let event = 0; event <= events; event += 1) {
    const isLast = event === events;
    const images: DiskImage[] = log?.statesAfter(event, statesMaxPerEvent) ?? [];
    count += images.length;
    for (const state of images) {
      const fingerprint = `${isLast} ${imageFingerprint(state)}`;
      const foundAt = `${event} of the storage's log`;
      if (!found.has(fingerprint)) found.set(fingerprint, { image: state, history: isLast ? after : during, foundAt });
    }
  }
  return { count, distinct: [...found.values()] };
}
