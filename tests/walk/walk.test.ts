import { dayMs, hourMs } from "@holdfast/base";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import type { SnapshotId } from "@holdfast/engine";
import { expect, test } from "vitest";
import { isLong, suiteSeed, tell } from "../model/suite.ts";
import { installedRestic, newestRestic } from "../interop/restic.ts";
import { runHoldfast } from "../kill/killed-program.ts";
import { changeFolder, stateOf, WalkingRepository, type Engine, type FolderState } from "./walking-repository.ts";

/** The long walk goes on for so many steps unless HOLDFAST_WALK_STEPS says how many. */
const steps = Number(process.env["HOLDFAST_WALK_STEPS"] ?? (isLong ? 20_000 : 120));

const weights = {
  change: 8,
  backup: 3,
  restore: 2,
  forget: 1,
  prune: 1,
  check: 1,
  kill: 2,
  "lose and repair the index": 1,
  "change the password": 1,
  "jump the clock": 1,
} as const;
type Action = keyof typeof weights;
const actions = Object.entries(weights).flatMap(([action, weight]) => Array<Action>(weight).fill(action as Action));

test(`a walk of ${steps} random steps by both engines agrees with the model (seed ${suiteSeed})`, async () => {
  const random = seededRandom(`walk ${suiteSeed}`);
  const scratch = await temporaryDirectory();
  const repository = new WalkingRepository(scratch);
  await repository.init();
  await changeFolder(repository.source, random);
  const restics = [newestRestic, installedRestic].flatMap((restic) => (restic === undefined ? [] : [restic.path]));
  const engines: Engine[] = ["holdfast", "holdfast", ...restics.map((resticPath) => ({ resticPath }))];
  const anyEngine = (): Engine => engines[random.below(engines.length)]!;

  const taken = new Map<SnapshotId, FolderState>();
  const done: Partial<Record<Action, number>> = {};
  const anySnapshot = () => [...taken.keys()][random.below(taken.size)]!;
  const backUp = async (engine: Engine) => {
    const before = await stateOf(repository.source);
    taken.set(await repository.backUp(engine), before);
  };
  const killSomething = async () => {
    const verb = random.pick<readonly string[]>([
      ["backup", repository.source],
      ["prune", "--max-unused", "0"],
      ["repair", "index"],
    ]);
    const place = {
      repository: repository.folder,
      scratch,
      variables: { HOLDFAST_PASSWORD: repository.password, HOLDFAST_NO_CACHE: "1" },
    };
    await runHoldfast(place, verb, { kind: "operation", nth: 1 + random.below(40), isAfter: random.below(2) === 0 });
    // What a killed backup got done under its own name is not in the model unless it has come as far as its snapshot.
    const known = new Set(taken.keys());
    for (const id of await repository.snapshotIds())
      if (!known.has(id)) taken.set(id, await stateOf(repository.source));
  };

  const perform: Record<Action, () => Promise<unknown>> = {
    change: () => changeFolder(repository.source, random),
    backup: () => backUp(anyEngine()),
    restore: async () => {
      if (taken.size === 0) return;
      const id = anySnapshot();
      expect(await repository.restored(anyEngine(), id, scratch)).toEqual(taken.get(id));
    },
    forget: async () => {
      if (taken.size < 3) return;
      const id = anySnapshot();
      await repository.forget(anyEngine(), id);
      taken.delete(id);
    },
    prune: () => repository.prune(anyEngine()),
    check: () => repository.check(anyEngine()),
    kill: killSomething,
    "lose and repair the index": async () => {
      await repository.loseIndex(random);
      // restic of Debian 12 calls this verb otherwise.
      await repository.repairIndex(random.below(2) === 0 || newestRestic === undefined ? "holdfast" : { resticPath: newestRestic.path }); // prettier-ignore
    },
    "change the password": () => repository.changePassword(`password ${random.below(1_000_000)}`),
    "jump the clock": async () =>
      repository.jumpClock(random.pick([0, 10 * 60_000, -10 * 60_000, 25 * hourMs, -25 * hourMs, 400 * dayMs])),
  };

  for (let step = 1; step <= steps; step += 1) {
    const action = actions[random.below(actions.length)]!;
    try {
      await perform[action]();
      expect((await repository.snapshotIds()).sort()).toEqual([...taken.keys()].sort());
    } catch (error) {
      throw new Error(`seed ${suiteSeed}, step ${step}: ${action}`, { cause: error });
    }
    done[action] = (done[action] ?? 0) + 1;
  }
  await repository.check("holdfast");
  if (newestRestic !== undefined) await repository.check({ resticPath: newestRestic.path });
  for (const [id, state] of taken) expect(await repository.restored("holdfast", id, scratch)).toEqual(state);
  const counts = Object.entries(done).map(([action, count]) => `${action} ${count}`);
  tell(`walk: ${steps} steps (seed ${suiteSeed}): ${counts.join(", ")}`);
});
