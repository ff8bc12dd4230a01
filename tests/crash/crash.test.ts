import { afterAll, describe, expect, test } from "vitest";
import { crashEverywhere, endEverywhere } from "./campaign.ts";
import { isLong, suiteSeed, tell } from "../model/suite.ts";
import { scenarios } from "./scenarios.ts";

const rounds = isLong ? { disk: 100, storage: 50 } : { disk: 5, storage: 1 };
/** What the quick suite promises. */
const statesMin = 50_000;
const total = { states: 0, judged: 0 };

afterAll(() => {
  tell(`crash states: ${total.states} (seed ${suiteSeed}), ${total.judged} of them told apart and judged`);
});

describe(`a crash anywhere loses nothing that was promised, and the next run needs no help (seed ${suiteSeed})`, () => {
  test.each(scenarios(suiteSeed).map(({ name }) => name))("in %s", async (name) => {
    for (let round = 0; round < rounds.disk; round += 1) {
      const seed = `${suiteSeed}-${round}`;
      const scenario = scenarios(seed).find((candidate) => candidate.name === name)!;
      const { states, judged } = await crashEverywhere(scenario, seed);
      total.states += states;
      total.judged += judged;
    }
  });

  test.each(scenarios(suiteSeed).map(({ name }) => name))(
    "in %s on a storage where what is under way ends in any order",
    async (name) => {
      for (let round = 0; round < rounds.storage; round += 1) {
        const seed = `${suiteSeed}-${round}`;
        const { states, judged } = await endEverywhere(
          scenarios(seed).find((one) => one.name === name)!,
          seed,
        );
        total.states += states;
        total.judged += judged;
      }
    },
  );

  test(`in at least ${statesMin} states`, () => {
    expect(total.states).toBeGreaterThanOrEqual(statesMin);
  });
});
