import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock, systemRandom, type Clock } from "@holdfast/base";
import { commandTable, runCommandLine } from "../../apps/cli/src/index.ts";
import { readEnvironment } from "../../apps/cli/src/environment.ts";
import { folderState } from "./folder-state.ts";
import { Forge, forgedPassword, node } from "./forge.ts";
import type { HostileCase } from "./hostile-case.ts";

/** How one command line ended. */
export interface Outcome {
  readonly command: string;
  readonly exitCode: number;
  /** The codes of failures that were named, each once. */
  readonly codes: readonly string[];
  /** What must not be: bugs, control characters, changes outside; empty when all is well. */
  readonly faults: readonly string[];
  readonly ms: number;
}

export interface CaseReport {
  readonly name: string;
  readonly outcomes: readonly Outcome[];
  /** By how much the process's largest size so far grew. */
  readonly growthMiB: number;
}

let startedAtMs = systemClock.nowMs();
/** Time passes three hundred times as fast, so that watching a lock for minutes takes a second. */
const hurry = 300;
const hurriedClock: Clock = {
  nowMs: () => startedAtMs + hurry * (systemClock.nowMs() - startedAtMs),
  monotonicMs: () => hurry * systemClock.monotonicMs(),
  sleep: async (ms, signal) => {
    try {
      await sleep(ms / hurry, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
};

const honestText = "what was always there\n";
/** No command may take longer, on any case that has an end. */
const commandMsMax = 60_000;
const endlessMs = 1000;
/** So many of the commands below are for every case, and one of those that follow, in turn. */
const coreCommands = 6;
const commandsInTurn = 4;

/**
 * Forges one repository and runs the commands on it that read one.
 * @param reach "core" lists, restores, checks, and finds, compares, dumps or plans a prune; "every" does all that reads
 * @param number of the case, for what is done in turn
 */
export async function runCase(hostile: HostileCase, reach: "core" | "every", number: number): Promise<CaseReport> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-hostile-"));
  try {
    return await runIn(folder, hostile, reach, number);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function runIn(
  folder: string,
  hostile: HostileCase,
  reach: "core" | "every",
  number: number,
): Promise<CaseReport> {
  const outside = join(folder, "outside");
  mkdirSync(join(outside, "inner"), { recursive: true });
  writeFileSync(join(outside, "secret"), "secret");
  writeFileSync(join(outside, "evil"), "not evil");
  const forge = new Forge(join(folder, "repository"), outside, hostile.name);
  const honest = makeHonest(forge);
  const target = join(folder, "targets", "hostile");
  mkdirSync(target, { recursive: true });
  const attacked = hostile.make(forge) ?? honest;
  hostile.prepare?.(target, outside);

  const peakBefore = process.resourceUsage().maxRSS;
  const outcomes: Outcome[] = [];
  const isInTurn = (at: number) => at < coreCommands || at === coreCommands + (number % commandsInTurn);
  const commands = commandsFor(hostile, attacked, honest, folder);
  for (const words of commands.filter((_, at) => reach === "every" || isInTurn(at))) {
    const before = folderState(outside);
    const outcome = await runCommand(forge.path, words, hostile);
    const faults = [...outcome.faults];
    if (folderState(outside) !== before) faults.push("something outside the target changed");
    outcomes.push({ ...outcome, faults });
    process.stderr.write(`${hostile.name}: ${outcome.command}: ${outcome.exitCode}\n`); // says where a process died
  }
  outcomes.push(honestOutcome(folder, outcomes));
  const growthMiB = Math.round((process.resourceUsage().maxRSS - peakBefore) / 1024);
  return { name: hostile.name, outcomes, growthMiB };
}

/** A snapshot of somebody else in the same vault. */
function makeHonest(forge: Forge): string {
  const tree = forge.treeOf(node("kept.txt", "file", { size: honestText.length, content: [forge.data(honestText)] }));
  return forge.snapshot(tree, {
    time: "2026-01-01T00:00:00Z",
    hostname: "honest",
    username: "alice",
    paths: ["/kept"],
  });
}

/** The commands that exist, of those that read a repository. */
function commandsFor(hostile: HostileCase, attacked: string, honest: string, folder: string): string[][] {
  const target = join(folder, "targets", "hostile");
  const locking = hostile.isAboutLocks === true ? [] : ["--no-lock"];
  const reading = [
    ["snapshots"],
    ["ls", attacked, "--long"],
    ["restore", attacked, "--target", target],
    ["restore", attacked, "--target", target, "--verify"],
    ["restore", honest, "--target", join(folder, "targets", "honest")],
    ["check", "--read-data"],
    ["find", "*e*"],
    ["diff", honest, attacked],
    ["dump", attacked, "/"],
    ["prune", "--dry-run"],
    ["find", "--blob", "cd".repeat(32)],
    ["diff", attacked, honest, "--metadata"],
    ["stats", attacked],
    ["stats", "--mode", "files-by-contents", attacked],
    ["cat", "snapshot", attacked],
    ["list", "blobs"],
    ["forget", "--keep-last", "1", "--dry-run"],
    ["rewrite", "--exclude", "nothing", "--dry-run"],
    ["repair", "snapshots", "--dry-run"],
  ].map((words) => [...words, ...locking]);
  const all = hostile.isAboutLocks === true ? [...reading.slice(0, 2), ...reading.slice(4, 6), ["unlock"]] : reading;
  return all.filter(([one, two]) => commandTable.some(({ name }) => name === one || name === `${one} ${two}`));
}

async function runCommand(repository: string, words: readonly string[], hostile: HostileCase): Promise<Outcome> {
  const said = new Listener();
  startedAtMs = systemClock.nowMs();
  const startedMs = performance.now();
  const tooLong = new AbortController();
  const timer = setTimeout(
    () => tooLong.abort(new Error("told to stop")),
    hostile.isEndless ? endlessMs : commandMsMax,
  );
  const exitCode = await runCommandLine(words, {
    environment: readEnvironment({
      HOLDFAST_REPOSITORY: repository,
      HOLDFAST_PASSWORD: forgedPassword,
      HOLDFAST_CACHE_DIR: `${repository}-cache`,
    }),
    terminal: said,
    clock: hurriedClock,
    random: systemRandom,
    signal: tooLong.signal,
  });
  clearTimeout(timer);
  const ms = Math.round(performance.now() - startedMs);
  const faults = said.faults();
  const isStopped = tooLong.signal.aborted;
  if (isStopped && hostile.isEndless !== true) faults.push("it did not end");
  if (!isStopped && !isExpectedExit(exitCode)) faults.push(`exit code ${exitCode}`);
  if (!isStopped && exitCode !== 0 && said.codes.size === 0) faults.push("no code names what is wrong");
  if (said.isBug && !isStopped) faults.push(`a bug: ${said.errors.slice(0, 300)}`);
  if (ms > commandMsMax) faults.push(`took ${ms} ms`);
  const command = words.filter((word) => !/[0-9a-f]{64}|^\/|^--no-lock$/.test(word)).join(" ");
  return { command, exitCode: isStopped ? 130 : exitCode, codes: [...said.codes].sort(), faults, ms };
}

function isExpectedExit(exitCode: number): boolean {
  return [0, 1, 3, 10, 11, 12].includes(exitCode);
}

/** Whatever others write, a sound snapshot comes back as it was or not at all. */
function honestOutcome(folder: string, outcomes: readonly Outcome[]): Outcome {
  const restore = outcomes.filter((outcome) => outcome.command === "restore --target").at(-1);
  const outcome = { command: "the honest file", exitCode: 0, codes: [], ms: 0 };
  if (restore === undefined || restore.exitCode !== 0) return { ...outcome, exitCode: 1, faults: [] };
  const isThere = readFileSync(join(folder, "targets", "honest", "kept.txt"), "utf8") === honestText;
  return { ...outcome, faults: isThere ? [] : ["the honest file is not what it was"] };
}

/** A terminal that keeps little and looks at everything. */
class Listener {
  readonly isInteractive = false;
  readonly isOutputInteractive = false;
  readonly columns = 80;
  readonly closed = new AbortController().signal;
  readonly codes = new Set<string>();
  errors = "";
  #output = "";
  #controls = "";

  write(text: string): void {
    this.#look(text);
    if (this.#output.length < 2000) this.#output += text.slice(0, 2000);
  }

  /** An archive may hold any byte. */
  async writeBytes(): Promise<void> {}

  writeError(text: string): void {
    this.#look(text);
    if (text.length > 400_000) this.#controls ||= `an error of ${text.length} characters: ${text.slice(0, 100)}`;
    if (this.errors.length < 4000) this.errors += text.slice(0, 4000);
  }

  get isBug(): boolean {
    return this.errors.includes("BUG");
  }

  faults(): string[] {
    return this.#controls === "" ? [] : [this.#controls];
  }

  #look(text: string): void {
    const control = /[\p{Cf}\p{Zl}\p{Zp}\x00-\x08\x0b-\x1f\x7f-\x9f]/u.exec(text);
    const isForged = /^holdfast: FORGED/m.test(text);
    if (control !== null)
      this.#controls ||= `control characters reach the terminal: ${JSON.stringify(around(text, control.index))}`;
    if (isForged) this.#controls ||= "a forged line reaches the terminal";
    for (const [code] of text.slice(0, 100_000).matchAll(/\b(?:ENGINE|STORAGE|CLI|SOURCE|USAGE)_[A-Z_]+\b/g))
      this.codes.add(code);
  }
}

function around(text: string, at: number): string {
  return text.slice(Math.max(0, at - 60), at + 60);
}
