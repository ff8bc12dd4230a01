/** Set by `npm run test:long`: how much more of everything. */
export const isLong = process.env["HOLDFAST_TEST_LONG"] === "true";

/** What every random choice of these suites follows from; `--seed` of `npm run test:long` sets it. */
export const suiteSeed = process.env["HOLDFAST_TEST_SEED"] ?? "20260101";
