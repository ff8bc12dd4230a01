/**
 * One backup by Holdfast in a process of its own, for tests in other time zones than their own.
 * usage: holdfast-backup.ts REPOSITORY TECHNOLOGY TARGET...; prints the result as JSON.
 */
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { backup, Repository } from "@holdfast/engine";
import { filesSource } from "@holdfast/sources";
import { localStorage } from "@holdfast/storage";
import { password } from "./restic.ts";

const [repositoryPath, technology, ...targets] = process.argv.slice(2) as [string, "full" | "incremental", ...string[]];
const context = { clock: systemClock, random: systemRandom, log: silentLog };
const repository = await Repository.open(localStorage(repositoryPath), { password }, context);
const source = filesSource({ targets, workingDir: process.cwd() });
const result = await backup(repository, source, {
  technology,
  hostname: "interop",
  username: "tester",
  pid: process.pid,
  programVersion: "holdfast test",
});
console.log(JSON.stringify(result));
