import { describe, expect, test } from "vitest";
import { contrastRatio } from "./contrast.ts";
import { dark, light, type Tokens } from "./tokens.ts";

type Pair = readonly [keyof Tokens, keyof Tokens];

const grounds = ["ground", "surface", "sunken", "hover"] as const;
const texts = ["ink", "muted", "link"] as const;
const textPairs: readonly Pair[] = [
  ...grounds.flatMap((ground) => texts.map((text): Pair => [text, ground])),
  ...(["good", "warn", "bad", "busy", "calm"] as const).flatMap((outcome): Pair[] => [
    [outcome, `${outcome}Soft`],
    [outcome, "surface"],
    [outcome, "ground"],
    [outcome, "hover"],
    ["ink", `${outcome}Soft`],
  ]),
  ["onAction", "action"],
  ["onAction", "actionHover"],
  ["onAlarm", "alarm"],
];
const graphicPairs: readonly Pair[] = [
  ["edge", "surface"],
  ["focus", "surface"],
  ["focus", "ground"],
  ["alarm", "surface"],
];

describe.each([
  ["light", light],
  ["dark", dark],
])("in the %s scheme", (_, tokens) => {
  test.each(textPairs)("%s on %s can be read (4.5:1)", (text, ground) => {
    expect(contrastRatio(tokens[text], tokens[ground])).toBeGreaterThanOrEqual(4.5);
  });

  test.each(graphicPairs)("%s on %s can be seen (3:1)", (graphic, ground) => {
    expect(contrastRatio(tokens[graphic], tokens[ground])).toBeGreaterThanOrEqual(3);
  });
});

test("black on white is the greatest contrast there is", () => {
  expect(contrastRatio("#000000", "#ffffff")).toBeCloseTo(21, 5);
});
