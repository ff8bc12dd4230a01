/**
 * `npm run test:long`: the seeded suites, with a hundred times the rounds of `npm test`, and what is too long for every
 * day. Takes hours. Prints the seed and what was counted; a failure names the seed that repeats it.
 *
 * usage: npm run test:long -- [--seed SEED] [--steps STEPS-OF-THE-WALK] [--kills KILLS] [FOLDER-OR-FILE ...]
 */
import { parseArgs } from "node:util";
import { systemRandom, toHex } from "@holdfast/base";
import { runSteps } from "./step.ts";
import { ensureTestPrograms } from "./test-programs.ts";
import { vitestStep } from "./vitest-step.ts";

const { values, positionals } = parseArgs({
  options: { seed: { type: "string" }, steps: { type: "string" }, kills: { type: "string" } },
  allowPositionals: true,
});
const seed = values.seed ?? toHex(systemRandom.bytes(4));

for (const missing of ensureTestPrograms(console.log)) console.log(`Missing on this machine: ${missing}`);
process.env["HOLDFAST_TEST_LONG"] = "true";
process.env["HOLDFAST_TEST_SEED"] = seed;
if (values.steps !== undefined) process.env["HOLDFAST_WALK_STEPS"] = values.steps;
if (values.kills !== undefined) process.env["HOLDFAST_KILLS"] = values.kills;

console.log(`seed ${seed}`);
const [result] = await runSteps([vitestStep("long tests", "long", positionals)]);
const { passed, failed, skipped } = result!;
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped; repeat with --seed ${seed}`);
if (failed > 0) process.exitCode = 1;
