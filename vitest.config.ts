import { defineConfig } from "vitest/config";

/** Generous, because tests start real servers and two cores may be shared. */
const timeouts = { testTimeout: 30_000, hookTimeout: 60_000 };

/** Programs that tests start leave nothing in the developer's cache; what needs a cache names its own. */
const env = { HOLDFAST_NO_CACHE: "1" };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          env,
          include: ["packages/**/*.test.ts", "apps/**/*.test.ts", "tools/**/*.test.ts", "bench/**/*.test.ts"],
          ...timeouts,
        },
      },
      {
        // What crosses packages: whole programs, several processes; one file at a time keeps timing honest.
        test: {
          name: "system",
          env,
          include: ["tests/**/*.test.ts"],
          exclude: ["tests/browser/**", "tests/**/*.long.test.ts"],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
      {
        // `npm run test:long`: the seeded suites with more rounds, and what is too long for every day.
        test: {
          name: "long",
          include: [
            "tests/**/*.long.test.ts",
            "tests/{crash,damage,walk}/*.test.ts",
            "tests/kill/kill-program.test.ts",
            "tests/interop/retention.test.ts",
          ],
          fileParallelism: false,
          testTimeout: 24 * 3_600_000,
          hookTimeout: 3_600_000,
        },
      },
      {
        test: {
          name: "browser",
          env,
          include: ["tests/browser/**/*.test.ts"],
          globalSetup: ["tests/browser/global-setup.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
