import fc from "fast-check";
import { hourMs } from "@holdfast/base";
import { expect, test } from "vitest";
import { evaluateProtection, type ProtectionFacts } from "./protection.ts";

const seed = 20_614;
const hour = (hours: number) => hours * hourMs;
const facts = (over: Partial<ProtectionFacts>): ProtectionFacts => ({
  nowMs: hour(100),
  objectives: { rpoMinutes: 24 * 60, rtoMinutes: 60 },
  plannedAtMs: hour(10),
  newestGoodAtMs: hour(90),
  latestOutcome: "succeeded",
  ...over,
});

test("each state follows from what was seen", () => {
  const cases: [Partial<ProtectionFacts>, string][] = [
    [{}, "protected"],
    [{ latestOutcome: "warning" }, "protected"],
    [{ latestOutcome: "cancelled" }, "protected"],
    [{ objectives: undefined, plannedAtMs: undefined }, "unprotected"],
    [{ newestGoodAtMs: undefined, latestOutcome: undefined, plannedAtMs: hour(99) }, "waiting"],
    [{ newestGoodAtMs: undefined, latestOutcome: undefined }, "unprotected"],
    [{ newestGoodAtMs: undefined, latestOutcome: "failed" }, "failing"],
    [{ newestGoodAtMs: hour(75) }, "late"],
    [{ newestGoodAtMs: hour(75), latestOutcome: "failed" }, "late"],
    [{ latestOutcome: "lost" }, "failing"],
  ];
  for (const [over, state] of cases) expect(evaluateProtection(facts(over)).state, JSON.stringify(over)).toBe(state);
});

test("no device without a good backup within its objective is ever called protected", () => {
  const when = fc.option(fc.nat(hour(200)), { nil: undefined });
  const outcome = fc.constantFrom(undefined, "succeeded", "warning", "failed", "cancelled", "lost");
  const any = fc.record({ nowMs: fc.nat(hour(200)), newestGoodAtMs: when, plannedAtMs: when, latestOutcome: outcome });
  fc.assert(
    fc.property(any, fc.integer({ min: 5, max: 10_000 }), (seen, rpoMinutes) => {
      const objectives = { rpoMinutes, rtoMinutes: 60 };
      const { state } = evaluateProtection({ ...seen, objectives });
      if (state !== "protected") return;
      expect(seen.newestGoodAtMs).toBeDefined();
      expect(seen.nowMs - seen.newestGoodAtMs!).toBeLessThanOrEqual(rpoMinutes * 60_000);
      expect(["failed", "lost"]).not.toContain(seen.latestOutcome);
    }),
    { seed, numRuns: 2000 },
  );
});
