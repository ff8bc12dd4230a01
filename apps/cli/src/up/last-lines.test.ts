import { expect, test } from "vitest";
import { LastLines } from "./last-lines.ts";

test("every line is passed on and the newest forty are remembered", () => {
  const passed: string[] = [];
  const last = new LastLines((line) => passed.push(line));
  for (let number = 1; number <= 100; number += 1) last.add(`line ${number}`);
  expect(passed).toHaveLength(100);
  expect([last.lines.length, last.lines[0], last.lines.at(-1)]).toEqual([40, "line 61", "line 100"]);
});
