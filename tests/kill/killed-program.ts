import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { systemClock } from "@holdfast/base";
import { holdfastProgram } from "../start/program.ts";

const preload = path.join(import.meta.dirname, "kill-at-operation.ts");

/** When a run of the program is to be killed: at one of its operations on the repository, or after a time. */
export type KillPoint =
  | { readonly kind: "operation"; readonly nth: number; readonly isAfter: boolean }
  | { readonly kind: "time"; readonly ms: number };

export interface ProgramRun {
  readonly exitCode: number | null;
  readonly isKilled: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Operations on the repository; 0 when it was killed. */
  readonly operations: number;
  readonly tookMs: number;
}

export interface ProgramPlace {
  /** The repository's folder, in which operations count. */
  readonly repository: string;
  /** A folder of the test's own. */
  readonly scratch: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Runs the real program in a process of its own, to its end or to where it is killed with SIGKILL. */
export function runHoldfast(place: ProgramPlace, words: readonly string[], killPoint?: KillPoint): Promise<ProgramRun> {
  const countFile = path.join(place.scratch, "operations");
  const at = killPoint?.kind === "operation" ? `${killPoint.nth}${killPoint.isAfter ? "+" : ""}` : "0";
  const beganMs = systemClock.monotonicMs();
  const child = spawn(process.execPath, ["--import", preload, holdfastProgram, ...words], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: place.scratch,
      ...place.variables,
      HOLDFAST_REPOSITORY: place.repository,
      KILL_BELOW: place.repository,
      KILL_AT: at,
      KILL_COUNT_FILE: countFile,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const timer = killPoint?.kind === "time" ? setTimeout(() => child.kill("SIGKILL"), killPoint.ms) : undefined;
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, signal) => {
      clearTimeout(timer);
      const tookMs = systemClock.monotonicMs() - beganMs;
      const isKilled = signal === "SIGKILL";
      const counted = isKilled ? Promise.resolve(0) : readFile(countFile, "utf8").then(Number);
      counted.then((operations) => resolve({ exitCode, isKilled, stdout, stderr, operations, tookMs }), reject);
    });
  });
}
