import { resolve } from "node:path";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { Repository, type BackupResult } from "@holdfast/engine";
import { localStorage } from "@holdfast/storage";
import { mustRun } from "../start/program.ts";
import { password } from "./restic.ts";

const context = { clock: systemClock, random: systemRandom, log: silentLog };

/** Opens a repository that lies in a folder, its index loaded. */
export async function openRepository(path: string): Promise<Repository> {
  const repository = await Repository.open(localStorage(path), { password }, context);
  await repository.loadIndex();
  return repository;
}

/** Makes a repository in a folder, quick to open: what is tested is not how long a password can be guessed at. */
export async function initRepository(path: string, version: 1 | 2 = 2): Promise<void> {
  const owner = { hostname: "interop", username: "tester" };
  const options = { ...owner, password, version, kdf: { N: 1024, r: 8, p: 1 } };
  await Repository.init(localStorage(path), options, context);
}

/** A backup in a process of its own, in any time zone. */
export async function holdfastBackup(
  repository: string,
  targets: readonly string[],
  options: { technology?: "full" | "incremental"; TZ?: string; cwd?: string } = {},
): Promise<BackupResult> {
  const { technology = "incremental", TZ = "UTC", cwd = process.cwd() } = options;
  const program = resolve(import.meta.dirname, "holdfast-backup.ts");
  const output = await mustRun(process.execPath, [program, repository, technology, ...targets], {
    cwd,
    variables: { TZ },
  });
  return JSON.parse(output);
}
