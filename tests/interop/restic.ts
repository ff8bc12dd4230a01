import { spawnSync } from "node:child_process";
import { newestResticPath } from "../../tools/newest-restic.ts";
import { mustRun, runProgram, type Ended } from "../start/program.ts";

export const password = "interop";

/** A stock restic on this machine, and what its version means for what it can be compared in. */
export interface Restic {
  /** Such as "restic 0.19.1". */
  readonly name: string;
  readonly path: string;
  /** Its Go has the Unicode 15.0 tables, and it keeps symlink targets that are not UTF-8. */
  readonly isCurrent: boolean;
  /** Runs it on a repository. @throws Error with what it said when it fails */
  run(repository: string, words: readonly string[], options?: ResticOptions): Promise<string>;
  /** The same, however it ends. */
  tryRun(repository: string, words: readonly string[]): Promise<Ended>;
}

export interface ResticOptions {
  readonly cwd?: string;
  /** Time zone; default UTC. */
  readonly TZ?: string;
}

/** The newest one that was fetched, and the one that the system has; each is tested with if it is there. */
export const newestRestic = resticAt(newestResticPath());
export const installedRestic = resticAt("restic");

function resticAt(path: string | undefined): Restic | undefined {
  if (path === undefined) return undefined;
  const { stdout, status } = spawnSync(path, ["version"], { encoding: "utf8" });
  const [, version, go] = /^restic ([\d.]+)\S* compiled with go1\.(\d+)/.exec(stdout ?? "") ?? [];
  if (status !== 0 || version === undefined || go === undefined) return undefined;
  const [major, minor] = version.split(".").map(Number) as [number, number];
  const words = (repository: string, rest: readonly string[]) => ["-r", repository, "--no-cache", ...rest];
  const variables = (options: ResticOptions) => ({
    RESTIC_PASSWORD: password,
    RESTIC_FROM_PASSWORD: password,
    TZ: options.TZ ?? "UTC",
  });
  return {
    name: `restic ${version}`,
    path,
    isCurrent: (major > 0 || minor >= 16) && Number(go) >= 21,
    run: (repository, rest, options = {}) =>
      mustRun(path, words(repository, rest), {
        variables: variables(options),
        ...(options.cwd && { cwd: options.cwd }),
      }),
    tryRun: (repository, rest) => runProgram(path, words(repository, rest), { variables: variables({}) }),
  };
}

/** The snapshots of a repository as restic prints them, oldest first. */
export async function snapshotsOf(restic: Restic, repository: string): Promise<{ id: string; tree: string }[]> {
  return JSON.parse(await restic.run(repository, ["snapshots", "--json"]));
}
