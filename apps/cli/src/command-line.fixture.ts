import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog, systemClock, systemRandom, type Clock } from "@holdfast/base";
import { Repository } from "@holdfast/engine";
import { openStorage } from "@holdfast/storage";
import { temporaryDirectory } from "@holdfast/testkit";
import { readEnvironment } from "./environment.ts";
import { rememberingTerminal } from "./output/terminal.fixture.ts";
import { runCommandLine } from "./run-command-line.ts";

const lockMomentMs = 200;
/** Real time, but nobody waits the moment in which another locker would show: each test has its repository to itself. */
const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms <= lockMomentMs ? 0 : ms, signal) };

/** How a command line ended, and what it said. */
export interface Said {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

export interface CommandLineOptions {
  readonly signal?: AbortSignal;
  /** Beside those that name the repository and its password. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A folder of this test's own with some files in it, and the command line on a repository beside them. */
export async function commandLine(options: CommandLineOptions = {}) {
  const { signal = new AbortController().signal } = options;
  const folder = await temporaryDirectory();
  const source = join(folder, "source");
  await mkdir(join(source, "inner"), { recursive: true });
  await writeFile(join(source, "a.txt"), "alpha\n");
  await writeFile(join(source, "inner", "b.bin"), Buffer.alloc(100_000, 7));
  const repository = join(folder, "repository");
  const variables = { HOLDFAST_REPOSITORY: repository, HOLDFAST_PASSWORD: "test", ...options.variables };
  let latest = rememberingTerminal({ isInteractive: false });
  const run = async (...words: string[]): Promise<Said> => {
    const terminal = rememberingTerminal({ isInteractive: false });
    latest = terminal;
    const environment = readEnvironment(variables);
    const exitCode = await runCommandLine(words, {
      environment,
      terminal,
      clock,
      random: systemRandom,
      signal,
    });
    return { exitCode, output: terminal.output, errors: terminal.errors };
  };
  /** What the latest command has said so far, for one that goes on. */
  const output = () => latest.output;
  return { folder, source, repository, run, output };
}

/** The same with a repository that is there already, and whose password costs next to nothing to try. */
export async function commandLineWithRepository(options: CommandLineOptions = {}) {
  const whole = await commandLine(options);
  const context = { clock: systemClock, random: systemRandom, log: silentLog };
  const cheap = { password: "test", hostname: "here", username: "tester", kdf: { N: 2, r: 1, p: 1 } };
  await Repository.init(await openStorage(whole.repository, context), cheap, context);
  return whole;
}

/** Every line of JSON in a text. */
export function messages(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
