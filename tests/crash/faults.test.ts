import { afterAll, describe, expect, test } from "vitest";
import { failEachCall, failEachDiskOperation, fillDiskAtEachWrite, roomTaking } from "./faults.ts";
import { isLong, suiteSeed, tell } from "../model/suite.ts";
import { Rerun } from "./rerun.ts";
import { scenarios } from "./scenarios.ts";

const rounds = isLong ? 20 : 1;
const total = { runs: 0, judged: 0 };
const names = scenarios(suiteSeed).map(({ name }) => name);

afterAll(() => {
  tell(`failing operations: ${total.runs} (seed ${suiteSeed}), ${total.judged} different outcomes judged`);
});

describe.each([
  ["a call of the storage that fails", failEachCall],
  ["a disk that is full from any write on", fillDiskAtEachWrite],
  ["an operation of the disk that fails", failEachDiskOperation],
])("%s loses nothing, and the next run needs no help", (_, failEach) => {
  test.each(names)("in %s", async (name) => {
    for (let round = 0; round < rounds; round += 1) {
      const seed = `${suiteSeed}-${round}`;
      const { runs, judged } = await failEach(
        scenarios(seed).find((scenario) => scenario.name === name)!,
        seed,
      );
      if (failEach === fillDiskAtEachWrite && name === "unlock") expect(runs).toBe(0); // as the test below says
      else expect(runs).toBeGreaterThan(0);
      total.runs += runs;
      total.judged += judged;
    }
  });
});

test("on a disk that is full the locks of the dead can be removed: that takes no room", async () => {
  const unlock = scenarios(suiteSeed).find(({ name }) => name === "unlock")!;
  const rerun = await Rerun.prepare(unlock, suiteSeed);
  const { world, outcome } = await rerun.run({ fault: ({ verb }) => (roomTaking.has(verb) ? "ENOSPC" : undefined) });
  expect(outcome).toEqual({});
  expect(await Array.fromAsync(world.storage().list("lock"))).toEqual([]);
  await expect(world.backUp(world.tree)).rejects.toMatchObject({ code: "STORAGE_FULL" }); // so it was full
});
