import { afterAll, describe, expect, test } from "vitest";
import { isLong, suiteSeed, tell } from "../model/suite.ts";
import { scenarios } from "./scenarios.ts";
import { keepSilentAtEachCall } from "./silent-faults.ts";

const rounds = isLong ? 20 : 1;
const total = { runs: 0, refused: 0, reported: 0, harmless: 0 };

afterAll(() => {
  tell(
    `faults that a storage keeps silent about: ${total.runs} runs (seed ${suiteSeed}), ${total.refused} refused by the ` +
      `verb, ${total.reported} reported by check, ${total.harmless} harmless`,
  );
});

describe(`what a storage does wrong in silence is refused, reported or harmless (seed ${suiteSeed})`, () => {
  test.each(scenarios(suiteSeed).map(({ name }) => name))("in %s", async (name) => {
    for (let round = 0; round < rounds; round += 1) {
      const seed = `${suiteSeed}-${round}`;
      const { refused, reported, harmless } = await keepSilentAtEachCall(
        scenarios(seed).find((scenario) => scenario.name === name)!,
        seed,
      );
      expect(refused + reported + harmless).toBeGreaterThan(0);
      total.runs += refused + reported + harmless;
      total.refused += refused;
      total.reported += reported;
      total.harmless += harmless;
    }
  });
});
