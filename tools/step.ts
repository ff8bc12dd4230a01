import { spawn } from "node:child_process";
import path from "node:path";
import { formatDuration, systemClock } from "@holdfast/base";

/** The checkout. */
export const root = path.dirname(import.meta.dirname);

/** How one step of `npm test` or `npm run lint` went. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Names of what did not run, each with its reason where one is known. */
  readonly skipped: readonly string[];
}

export interface Step {
  readonly name: string;
  run(): Promise<Outcome>;
}

export interface StepResult extends Outcome {
  readonly name: string;
  readonly tookMs: number;
}

/** Runs one step after the other and prints a line for each; a step that throws has failed. */
export async function runSteps(steps: readonly Step[]): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const step of steps) {
    const beganMs = systemClock.monotonicMs();
    const outcome = await step.run().catch((error: unknown): Outcome => {
      console.error(error);
      return { passed: 0, failed: 1, skipped: [] };
    });
    const result = { name: step.name, tookMs: systemClock.monotonicMs() - beganMs, ...outcome };
    console.log(`${outcome.failed === 0 ? "ok    " : "FAILED"} ${step.name} (${formatDuration(result.tookMs)})`);
    results.push(result);
  }
  return results;
}

/** A check that is one command on the pinned Node.js: it counts as one, and says something only when it fails. */
export function checkStep(name: string, ...commands: readonly (readonly string[])[]): Step {
  return {
    name,
    run: async () => {
      let failed = 0;
      for (const command of commands) {
        const { exitCode, output } = await runNode(command, { captured: true });
        if (exitCode === 0) continue;
        failed = 1;
        console.log(output.trimEnd());
      }
      return { passed: 1 - failed, failed, skipped: [] };
    },
  };
}

/**
 * Runs a script or a package's program on the Node.js that runs us.
 *
 * @param command the script's path from the root, and its arguments
 * @param options captured output is returned, standard output and error in one; otherwise it goes where ours goes
 */
export function runNode(
  command: readonly string[],
  options: { captured: boolean; cwd?: string },
): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve, reject) => {
    const [script, ...args] = command;
    const child = spawn(process.execPath, [`${root}/${script}`, ...args], {
      cwd: options.cwd ?? root,
      stdio: ["ignore", options.captured ? "pipe" : "inherit", options.captured ? "pipe" : "inherit"],
    });
    const pieces: Buffer[] = [];
    child.stdout?.on("data", (piece: Buffer) => pieces.push(piece));
    child.stderr?.on("data", (piece: Buffer) => pieces.push(piece));
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode: exitCode ?? 1, output: Buffer.concat(pieces).toString() }));
  });
}
