import { spawn } from "node:child_process";
import { join } from "node:path";
import { hostileCases } from "./all-cases.ts";
import type { CaseReport } from "./run-case.ts";

/** What a case may make its process grow by. The largest thing that anybody may send is a blob of 128 MiB. */
const growthMiBMax = 400;
/** Of JavaScript objects, for cases that are large. Everything in this repository is far smaller. */
const heapMiBMax = 256;

export type NumberedReport = CaseReport & { readonly number: number };

const numbers = hostileCases.map((_, number) => number);
/** Cases that are run one after the other in few processes, and those that get one each. */
export const lightCases = numbers.filter((number) => hostileCases[number]!.isHeavy !== true);
export const heavyCases = numbers.filter((number) => hostileCases[number]!.isHeavy === true);

/** Runs cases one after the other in a process of their own. @throws Error with what it said when it dies */
export function runCases(reach: "core" | "every", chosen: readonly number[]): Promise<NumberedReport[]> {
  const isHeavy = chosen.some((number) => hostileCases[number]!.isHeavy === true);
  const nodeWords = isHeavy ? [`--max-old-space-size=${heapMiBMax}`] : [];
  const words = [...nodeWords, join(import.meta.dirname, "case-runner.ts"), reach, ...chosen.map(String)];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-1000)));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => {
      const lines = output.split("\n").filter((line) => line !== "");
      if (exitCode === 0) return resolve(lines.map((line) => JSON.parse(line) as NumberedReport));
      const died = hostileCases[chosen[lines.length]!]?.name;
      reject(new Error(`the process died of "${died}" (${exitCode}): ${errors}`));
    });
  });
}

/** What must not be, of all that these cases did. */
export function faultsOf(reports: readonly NumberedReport[]): string[] {
  return reports.flatMap(({ name, outcomes, growthMiB }) => [
    ...outcomes.flatMap(({ command, faults }) => faults.map((fault) => `${name}: ${command}: ${fault}`)),
    ...(growthMiB > growthMiBMax ? [`${name}: memory grew by ${growthMiB} MiB`] : []),
  ]);
}

/** A line for whoever reads the log. */
export function summaryOf(reports: readonly NumberedReport[]): string {
  const commands = reports.reduce((sum, { outcomes }) => sum + outcomes.length, 0);
  const peak = Math.max(0, ...reports.map(({ growthMiB }) => growthMiB));
  return `hostile repositories: ${reports.length} cases, ${commands} commands, at most ${peak} MiB more\n`;
}

/** Cases in groups, with a name for each group. */
export function batches(chosen: readonly number[], size: number): (readonly [string, readonly number[]])[] {
  const groups: (readonly [string, readonly number[]])[] = [];
  for (let at = 0; at < chosen.length; at += size) {
    const group = chosen.slice(at, at + size);
    groups.push([`${hostileCases[group[0]!]!.name} … ${hostileCases[group.at(-1)!]!.name}`, group]);
  }
  return groups;
}
