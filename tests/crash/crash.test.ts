import { afterAll, describe, expect, test } from "vitest";
import { crashEverywhere } from "./campaign.ts";
import { isLong, suiteSeed } from "./rounds.ts";
import { scenarios } from "./scenarios.ts";

const rounds = isLong ? 100 : 6;
/** What the quick suite promises. */
const statesMin = 50_000;
const total = { states: 0, judged: 0 };

afterAll(() => {
  console.info(`crash states: ${total.states} (seed ${suiteSeed}), ${total.judged} of them told apart and judged`);
});

describe(`a crash anywhere loses nothing that was promised, and the next run needs no help (seed ${suiteSeed})`, () => {
  test.each(scenarios(suiteSeed).map(({ name }) => name))("in %s", async (name) => {
    for (let round = 0; round < rounds; round += 1) {
      const seed = `${suiteSeed}-${round}`;
      const scenario = scenarios(seed).find((candidate) => candidate.name === name)!;
      const { states, judged } = await crashEverywhere(scenario, seed);
      total.states += states;
      total.judged += judged;
    }
  });

  test(`in at least ${statesMin} states`, () => {
    expect(total.states).toBeGreaterThanOrEqual(statesMin);
  });
});
