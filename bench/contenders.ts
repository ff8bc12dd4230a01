import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";

/** A command line with what its environment needs besides ours. */
export interface CommandLine {
  readonly words: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly workDir?: string;
}

/** A backup program in the comparison. Every folder it uses is given, so that nothing of an earlier run helps it. */
export interface Contender {
  readonly name: string;
  /** As the program itself says it. */
  readonly version: string;
  init(repository: string): CommandLine;
  backup(repository: string, source: string): CommandLine;
  /** Into an empty folder that is there. */
  restore(repository: string, target: string): CommandLine;
  /** Reads every byte. */
  check(repository: string): CommandLine;
  /** Keeps so many snapshots of a repository in restic's format, and removes what no other needs. */
  readonly forgetPrune?: (repository: string, keepLast: number) => CommandLine;
}

const password = "bench";
/** What Node.js is started with to run our command line. */
export const holdfastProgram = resolve(import.meta.dirname, "../apps/cli/src/holdfast.js");

export function holdfast(version: string): Contender {
  const line = (repository: string, ...words: string[]): CommandLine => ({
    words: [process.execPath, holdfastProgram, "-r", repository, ...words],
    variables: { HOLDFAST_PASSWORD: password, HOLDFAST_CACHE_DIR: `${repository}-cache` },
  });
  return {
    name: "Holdfast",
    version: `Holdfast ${version}, Node.js ${process.versions.node}`,
    init: (repository) => line(repository, "init"),
    backup: (repository, source) => line(repository, "backup", "--quiet", source),
    restore: (repository, target) => line(repository, "restore", "latest", "--quiet", "--target", target),
    check: (repository) => line(repository, "check", "--quiet", "--read-data"),
    forgetPrune: (repository, keepLast) =>
      line(repository, "forget", "--quiet", "--keep-last", `${keepLast}`, "--prune"),
  };
}

export function restic(binary: string): Contender | undefined {
  const version = versionOf(binary, "version");
  if (version === undefined) return undefined;
  const line = (repository: string, ...words: string[]): CommandLine => ({
    words: [binary, "-r", repository, "--cache-dir", `${repository}-cache`, ...words],
    variables: { RESTIC_PASSWORD: password },
  });
  return {
    name: "restic",
    version: version.replace(/ compiled.*/, ""),
    init: (repository) => line(repository, "init"),
    backup: (repository, source) => line(repository, "backup", "--quiet", source),
    restore: (repository, target) => line(repository, "restore", "latest", "--quiet", "--target", target),
    check: (repository) => line(repository, "check", "--quiet", "--read-data"),
    forgetPrune: (repository, keepLast) =>
      line(repository, "forget", "--quiet", "--keep-last", `${keepLast}`, "--prune"),
  };
}

/** borg with the settings that its users take: lz4, keyed BLAKE2b. */
export function borg(): Contender | undefined {
  const version = versionOf("borg", "--version");
  if (version === undefined) return undefined;
  const variables = (repository: string) => ({
    BORG_PASSPHRASE: password,
    BORG_BASE_DIR: join(`${repository}-base`),
    BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: "yes",
  });
  return {
    name: "borg",
    version,
    init: (repository) => ({
      words: ["borg", "init", "--encryption", "repokey-blake2", repository],
      variables: variables(repository),
    }),
    backup: (repository, source) => ({
      words: ["borg", "create", "--compression", "lz4", `${repository}::{now:%Y%m%d-%H%M%S.%f}`, source],
      variables: variables(repository),
    }),
    restore: (repository, target) => ({
      // The newest archive by name; its names are instants.
      words: ["sh", "-c", 'exec borg extract "$0::$(borg list --last 1 --short "$0")"', repository],
      variables: variables(repository),
      workDir: target,
    }),
    check: (repository) => ({
      words: ["borg", "check", "--verify-data", repository],
      variables: variables(repository),
    }),
  };
}

function versionOf(binary: string, word: string): string | undefined {
  const done = spawnSync(binary, [word], { encoding: "utf8" });
  return done.status === 0 ? done.stdout.trim().split("\n")[0] : undefined;
}
