import { HoldfastError, dayMs, minuteMs } from "@holdfast/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Assessment } from "./assessment.ts";
import type { Objectives } from "./objectives.ts";
import type { PlanProposal } from "./plan.ts";
import { proposePlan } from "./propose-plan.ts";

const seed = 20_611;

const measured = (over: Partial<Assessment> = {}): Assessment => ({
  paths: ["/srv/data"],
  measuredAtMs: 0,
  files: 2000,
  directories: 100,
  otherEntries: 0,
  bytes: 10e9,
  largestFileBytes: 1e9,
  unreadable: 0,
  changedBytes: { day: 100e6, week: 500e6, month: 2e9 },
  sample: { bytes: 60e6, compressionRatio: 0.5, uniqueRatio: 0.8, bytesPerSecond: 50e6 },
  ...over,
});
const office: Objectives = { rpoMinutes: 24 * 60, rtoMinutes: 4 * 60 };

const anyAssessment = fc
  .record({
    bytes: fc.integer({ min: 0, max: 2 ** 50 }),
    changed: fc.tuple(fc.double({ min: 0, max: 1 }), fc.double({ min: 0, max: 1 }), fc.double({ min: 0, max: 1 })),
    unreadable: fc.nat(1000),
    compressionRatio: fc.double({ min: 0.01, max: 1.1, noNaN: true }),
    uniqueRatio: fc.double({ min: 0.01, max: 1, noNaN: true }),
    bytesPerSecond: fc.integer({ min: 1, max: 2 ** 32 }),
  })
  .map(({ bytes, changed, unreadable, ...sample }) => {
    const [month, week, day] = changed.map((share) => share || 0).sort((a, b) => b - a) as [number, number, number];
    const part = (share: number) => Math.floor(bytes * share);
    const changedBytes = { day: part(day), week: part(week), month: part(month) };
    return measured({ bytes, unreadable, changedBytes, sample: { bytes: Math.min(bytes, 60e6), ...sample } });
  });
const anyObjectives = fc.record({
  rpoMinutes: fc.integer({ min: 5, max: 60 * 24 * 31 }),
  rtoMinutes: fc.integer({ min: 1, max: 60 * 24 * 31 }),
});

/** A proposal, or the code of the refusal; anything else thrown is a bug. */
function propose(assessment: Assessment, objectives: Objectives, copiesAvailable = 1): PlanProposal | string {
  try {
    return proposePlan(assessment, objectives, { copiesAvailable });
  } catch (error) {
    if (error instanceof HoldfastError) return error.code;
    throw error;
  }
}

describe("for every assessment and every pair of objectives", () => {
  const always = (check: (assessment: Assessment, objectives: Objectives) => void) =>
    fc.assert(fc.property(anyAssessment, anyObjectives, check), { seed, numRuns: 3000 });

  test("a plan that is proposed keeps its RPO, its own runs included, and its RTO at the measured speed", () => {
    always((assessment, objectives) => {
      const proposal = propose(assessment, objectives);
      if (typeof proposal === "string") return;
      const { changedBytes, sample } = assessment;
      const intervalMs = proposal.spec.backupEveryMinutes * minuteMs;
      const perDay = Math.max(changedBytes.day, changedBytes.week / 7, changedBytes.month / 30);
      const runMs = ((perDay * (intervalMs / dayMs)) / sample.bytesPerSecond) * 1000;
      expect(intervalMs + runMs).toBeLessThanOrEqual(objectives.rpoMinutes * minuteMs);
      expect(assessment.bytes / sample.bytesPerSecond).toBeLessThanOrEqual(objectives.rtoMinutes * 60);
      expect(proposal.expected.restoreSeconds).toBeLessThanOrEqual(objectives.rtoMinutes * 60);
    });
  });

  test("what is refused is refused for the objective that binds, and a looser one is enough", () => {
    always((assessment, objectives) => {
      const refusal = propose(assessment, objectives);
      if (typeof refusal !== "string") return;
      if (refusal === "RTO_NOT_REACHABLE") {
        const rtoMinutes = Math.ceil(assessment.bytes / assessment.sample.bytesPerSecond / 60);
        expect(rtoMinutes).toBeGreaterThan(objectives.rtoMinutes);
        expect(propose(assessment, { ...objectives, rtoMinutes })).not.toBe("RTO_NOT_REACHABLE");
      } else {
        expect(refusal).toBe("RPO_NOT_REACHABLE");
      }
    });
  });

  test("a proposal fits the contract: whole numbers in range, a reason for every choice", () => {
    always((assessment, objectives) => {
      const proposal = propose(assessment, objectives);
      if (typeof proposal === "string") return;
      const { spec, reasons, expected } = proposal;
      for (const value of [spec.backupEveryMinutes, spec.fullEveryDays, spec.drillEveryDays]) {
        expect(Number.isInteger(value)).toBe(true);
      }
      expect(spec.backupEveryMinutes).toBeGreaterThanOrEqual(5);
      expect(spec.fullEveryDays).toBeLessThanOrEqual(366);
      for (const value of Object.values(expected)) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      expect(expected.dailyStoredBytes).toBeLessThanOrEqual(expected.firstStoredBytes + 1);
      expect(reasons.length).toBeGreaterThanOrEqual(6);
      for (const { choice, because } of reasons) expect(`${choice}${because}`).not.toMatch(/NaN|undefined|Infinity/);
      expect(reasons.some((reason) => reason.choice.includes("incomplete"))).toBe(assessment.unreadable > 0);
    });
  });

  test("a looser RPO never makes backups more frequent", () => {
    always((assessment, objectives) => {
      const tight = propose(assessment, objectives);
      const loose = propose(assessment, { ...objectives, rpoMinutes: objectives.rpoMinutes * 2 });
      if (typeof tight === "string" || typeof loose === "string") return;
      expect(loose.spec.backupEveryMinutes).toBeGreaterThanOrEqual(tight.spec.backupEveryMinutes);
    });
  });
});

test("an ordinary office gets a plan that a person would have drawn", () => {
  const { spec, expected } = proposePlan(measured(), office, { copiesAvailable: 2 });
  expect(spec).toEqual({
    paths: ["/srv/data"],
    excludes: [],
    objectives: office,
    backupEveryMinutes: 720,
    fullEveryDays: 7,
    copies: 1,
    drillEveryDays: 7,
    retention: { keepDaily: 14, keepWeekly: 8, keepMonthly: 12 },
  });
  expect(expected).toEqual({
    firstBackupSeconds: 200,
    firstStoredBytes: 4e9,
    dailyStoredBytes: 40e6,
    restoreSeconds: 200,
  });
});

test("an RTO that the measured speed cannot keep is refused, and the refusal names the figures", () => {
  const asked = () => proposePlan(measured({ bytes: 4e12 }), office, { copiesAvailable: 1 });
  expect(asked).toThrow(expect.objectContaining({ code: "RTO_NOT_REACHABLE" }));
  expect(asked).toThrow(/3\.64 TiB.*47\.7 MiB\/s.*22 h.*4 h/);
});

test("an RPO is refused when changes come faster than they can be read, and when it is shorter than any interval", () => {
  const flood = measured({ bytes: 1e12, changedBytes: { day: 9e11, week: 9e11, month: 9e11 } });
  const slow = { ...flood, sample: { ...flood.sample, bytesPerSecond: 10e6 } };
  const patient = { rpoMinutes: 60 * 24, rtoMinutes: 60 * 24 * 31 };
  expect(propose(slow, patient)).toBe("RPO_NOT_REACHABLE");
  expect(propose(measured(), { rpoMinutes: 5, rtoMinutes: 240 })).toBe("RPO_NOT_REACHABLE");
  expect(propose(measured(), { rpoMinutes: 6, rtoMinutes: 240 })).toMatchObject({ spec: { backupEveryMinutes: 5 } });
});

test("a plan says when its full backups are longer than the RPO leaves", () => {
  const large = measured({ bytes: 1.5e12 });
  const asked = { rpoMinutes: 60, rtoMinutes: 60 * 24 };
  const { reasons } = proposePlan(large, asked, { copiesAvailable: 1 });
  const full = reasons.find((reason) => reason.choice.startsWith("A full backup"))!;
  expect(full.because).toMatch(/8 h 20 min.*longer than the RPO leaves/);
});

test("data without a measured speed is refused; no data at all is not", () => {
  const sample = { bytes: 0, compressionRatio: 1, uniqueRatio: 1, bytesPerSecond: 0 };
  expect(propose(measured({ sample }), office)).toBe("ASSESSMENT_UNUSABLE");
  const nothing = measured({ bytes: 0, changedBytes: { day: 0, week: 0, month: 0 }, sample });
  expect(propose(nothing, office)).toMatchObject({ expected: { firstBackupSeconds: 0, firstStoredBytes: 0 } });
});

test("without a second place the plan has no copy and says what that means", () => {
  const { spec, reasons } = proposePlan(measured(), office, { copiesAvailable: 0 });
  expect(spec.copies).toBe(0);
  expect(reasons.find((reason) => reason.choice === "No copy elsewhere")!.because).toContain("loses everything");
});
