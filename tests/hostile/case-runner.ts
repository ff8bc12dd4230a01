import { hostileCases } from "./all-cases.ts";
import { runCase } from "./run-case.ts";

/** Runs the cases whose numbers were given, in this process, and prints a report of each as a line of JSON. */
const [reach, ...numbers] = process.argv.slice(2);
for (const number of numbers.map(Number)) {
  const report = await runCase(hostileCases[number]!, reach === "every" ? "every" : "core", number);
  process.stdout.write(`${JSON.stringify({ number, ...report })}\n`);
}
process.exit(0);
