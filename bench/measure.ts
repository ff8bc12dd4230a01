import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { KiB, systemClock } from "@holdfast/base";
import type { CommandLine } from "./contenders.ts";
import { filesBelow } from "./files-below.ts";

export interface Measured {
  readonly wallMs: number;
  /** User and system time of the program and its children. */
  readonly cpuMs: number;
  /** The largest resident set of any one of its processes. */
  readonly peakBytes: number;
}

const gnuTime = "/usr/bin/time";

/** Whether processor time and memory can be measured here: GNU time, which reads them from wait4. */
export function canMeasure(): boolean {
  return existsSync(gnuTime) && spawnSync(gnuTime, ["--version"]).status === 0;
}

/** Runs a command to its end. @throws Error with the end of what it said when it fails */
export function measure(line: CommandLine): Measured {
  const beganMs = systemClock.monotonicMs();
  const done = spawnSync(gnuTime, ["--quiet", "--format", "@@ %U %S %M", ...line.words], {
    cwd: line.workDir,
    env: { ...process.env, ...line.variables },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * KiB,
  });
  const wallMs = systemClock.monotonicMs() - beganMs;
  if (done.status !== 0) {
    const said = `${done.stdout}${done.stderr}`.trim().split("\n").slice(-5).join("\n");
    throw new Error(`${line.words.join(" ")} ended with ${done.status ?? done.signal}:\n${said}`);
  }
  const [, user, system, peak] = /@@ ([\d.]+) ([\d.]+) (\d+)/.exec(done.stderr) ?? [];
  return { wallMs, cpuMs: (Number(user) + Number(system)) * 1000, peakBytes: Number(peak) * KiB };
}

/** What a command prints, run to its end. @throws Error with the end of what it said when it fails */
export function output(line: CommandLine): string {
  const [command = "", ...words] = line.words;
  return execFileSync(command, words, {
    cwd: line.workDir,
    env: { ...process.env, ...line.variables },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * KiB,
  });
}

/** Bytes of all files below a folder. */
export function bytesBelow(folder: string): number {
  let bytes = 0;
  for (const path of filesBelow(folder)) bytes += statSync(path).size;
  return bytes;
}
