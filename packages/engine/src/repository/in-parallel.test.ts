import { expect, test } from "vitest";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
import { inParallel } from "./in-parallel.ts";

/** Counts calls under way; each ends when the test says so. */
function observed() {
  const waiting: (() => void)[] = [];
  const seen = { running: 0, most: 0 };
  const call = async () => {
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    await new Promise<void>((resolve) => waiting.push(resolve));
    seen.running -= 1;
  };
  const endAll = async () => {
    for (;;) {
      await new Promise(setImmediate);
      const next = waiting.shift();
      if (next === undefined) return;
      next();
    }
  };
  return { seen, call, endAll };
}

test("items are worked on a number at a time, and asked for only then", async () => {
  const { seen, call, endAll } = observed();
  let asked = 0;
  function* items() {
    for (asked = 0; asked < 20; asked += 1) yield asked;
  }
  const working = inParallel(items(), 3, call);
  await new Promise(setImmediate);
  expect(asked).toBe(2);
  await endAll();
  await working;
  expect(seen.most).toBe(3);
  expect(asked).toBe(20);
});

test("the first failure ends it, after what is under way", async () => {
  const failure = new Error("broken");
  let done = 0;
  const working = inParallel(Array.from({ length: 100 }).keys(), 4, async (item) => {
    if (item === 5) throw failure;
    await new Promise(setImmediate);
    done += 1;
  });
  await expect(working).rejects.toBe(failure);
  expect(done).toBeLessThan(12);
});

test("a limit lets no more than its number through, and all in the end, failures included", async () => {
  const { seen, call, endAll } = observed();
  const limit = new ConcurrencyLimit(2);
  const calls = Array.from({ length: 9 }, (_, n) =>
    limit.run(async () => {
      await call();
      if (n % 3 === 0) throw new Error("broken");
    }),
  );
  const settled = Promise.allSettled(calls);
  await endAll();
  expect((await settled).filter((outcome) => outcome.status === "rejected")).toHaveLength(3);
  expect(seen.most).toBe(2);
});
