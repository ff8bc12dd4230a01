import { spawn } from "node:child_process";
import { resolve as resolvePath } from "node:path";

/** What Node.js is given to start Holdfast. */
export const holdfastProgram = resolvePath(import.meta.dirname, "../../apps/cli/src/holdfast.js");

/** How a program ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment; nothing is inherited. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Run as this user; only root may. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly input?: string;
}

/** Runs a program to its end, however it ends. */
export function runProgram(command: string, words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = spawn(command, words, {
    cwd: options.cwd,
    env: { PATH: process.env.PATH ?? "", ...options.variables },
    stdio: ["pipe", "pipe", "pipe"],
    ...options.user,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => {}); // one that ends without reading
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

/** The same for one that has to succeed. @throws Error with what it said */
export async function mustRun(command: string, words: readonly string[], options: RunOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(command, words, options);
  if (exitCode === 0) return stdout;
  throw new Error(`${command} ${words.join(" ")} ended with ${exitCode}:\n${stdout}\n${stderr}`);
}
