import { MiB, secondMs } from "@holdfast/base";
import { manualClock } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { MessageBudget } from "./message-budget.ts";

function spendUntilEmpty(budget: MessageBudget, length: number): number {
  let spent = 0;
  while (spent < 1_000_000 && budget.spend(length)) spent += 1;
  return spent;
}

test("a burst is borne, a flood is not, and time makes room again", () => {
  const clock = manualClock();
  const budget = new MessageBudget(clock);
  const burst = spendUntilEmpty(budget, 10);
  expect(burst).toBeGreaterThanOrEqual(100);
  expect(burst).toBeLessThan(1000);
  clock.advanceMs(60 * secondMs);
  expect(spendUntilEmpty(budget, 10)).toBeGreaterThanOrEqual(100);
});

test("a few large messages count as much as many small ones", () => {
  const budget = new MessageBudget(manualClock());
  expect(spendUntilEmpty(budget, MiB)).toBeLessThan(20);
});

test("an honest part, whose eight runs all report twice a second, never meets the limit", () => {
  const clock = manualClock();
  const budget = new MessageBudget(clock);
  for (let tick = 0; tick < 20_000; tick += 1) {
    for (let run = 0; run < 8; run += 1) expect(budget.spend(2000)).toBe(true);
    clock.advanceMs(500);
  }
});
