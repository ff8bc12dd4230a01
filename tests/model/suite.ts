/** Set by `npm run test:long`: more of everything. */
export const isLong = process.env["HOLDFAST_TEST_LONG"] === "true";

/** What every random choice of the seeded suites follows from; `npm run test:long -- --seed` sets it. */
export const suiteSeed = process.env["HOLDFAST_TEST_SEED"] ?? "20260101";

/** Prints what a suite has counted, also where the output of tests that pass is left out. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
