/**
 * Fetches the newest restic that this system's own package mirror serves, beside the installed one and without
 * touching the system: a private apt state, `apt-get download`, `dpkg-deb -x`. Prints the path of the binary.
 *
 * The suite is Debian's `sid`; mirror and archive key are the ones apt already uses, so no address stands here.
 * Where there is no apt, or the mirror is out of reach, it says so and exits 1: the tests that want it name themselves.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const cacheDir = resolve(import.meta.dirname, "../node_modules/.cache");
const suite = "sid";
const downloadTimeoutMs = 180_000;

/** The binary of the newest restic fetched before, or undefined. Newest by version number, not by date. */
export function newestResticPath(): string | undefined {
  if (!existsSync(cacheDir)) return undefined;
  return readdirSync(cacheDir)
    .filter((name) => /^restic-\d/.test(name))
    .sort((left, right) => right.localeCompare(left, "en", { numeric: true }))
    .map((name) => join(cacheDir, name, "restic"))
    .find((path) => existsSync(path));
}

function run(command: string, args: string[], cwd: string): string {
  const done = spawnSync(command, args, { cwd, encoding: "utf8", timeout: downloadTimeoutMs });
  if (done.error !== undefined) throw new Error(`${command} did not run: ${done.error.message}`);
  if (done.status !== 0) throw new Error(`${command} ${args.at(-1)} failed: ${done.stderr.trim().split("\n").at(-1)}`);
  return done.stdout;
}

/** The mirrors that apt takes Debian's main component from; security mirrors do not serve `sid`. */
function debianMirrors(workDir: string): string[] {
  const format = "$(ORIGIN)\t$(LABEL)\t$(COMPONENT)\t$(SITE)";
  const lines = run("apt-get", ["indextargets", "--format", format], workDir).split("\n");
  const mirrors = lines
    .map((line) => line.split("\t"))
    .filter(([origin, label, component]) => origin === "Debian" && label === "Debian" && component === "main")
    .map(([, , , site]) => site!);
  return [...new Set(mirrors)];
}

function fetchFrom(mirror: string, workDir: string): string {
  const aptDir = join(workDir, "apt");
  for (const folder of ["lists/partial", "cache/archives/partial", "sources"]) {
    mkdirSync(join(aptDir, folder), { recursive: true });
  }
  const sources = join(aptDir, "sources.list");
  writeFileSync(sources, `deb ${mirror} ${suite} main\n`);
  writeFileSync(join(aptDir, "status"), "");
  const settings = {
    "Dir::Etc::sourcelist": sources,
    "Dir::Etc::sourceparts": join(aptDir, "sources"),
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Dir::State::lists": join(aptDir, "lists"),
    "Dir::State::status": join(aptDir, "status"),
    "Dir::Cache": join(aptDir, "cache"),
    "APT::Sandbox::User": "root", // the work folder is ours alone, apt's own user could not enter it
    "Acquire::Languages": "none",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  run("apt-get", [...options, "update"], workDir);
  run("apt-get", [...options, "download", `restic/${suite}`], workDir);
  const archive = readdirSync(workDir).find((name) => name.endsWith(".deb"));
  if (archive === undefined) throw new Error("apt-get downloaded nothing");
  run("dpkg-deb", ["-x", archive, "unpacked"], workDir);
  return join(workDir, "unpacked/usr/bin/restic");
}

/** Downloads the newest restic into the cache and returns its path. @throws Error saying in one line what is missing */
export function fetchNewestRestic(): string {
  const workDir = mkdtempSync(join(tmpdir(), "holdfast-restic-"));
  try {
    const [mirror] = debianMirrors(workDir);
    if (mirror === undefined) throw new Error("apt on this system knows no Debian mirror");
    const unpacked = fetchFrom(mirror, workDir);
    const version = /restic (\d[\w.-]*)/.exec(run(unpacked, ["version"], workDir))?.[1];
    if (version === undefined) throw new Error("the downloaded restic does not name its version");
    const finalDir = join(cacheDir, `restic-${version}`);
    mkdirSync(finalDir, { recursive: true });
    // Copied under another name first: tests that run meanwhile see the whole binary or none.
    const partial = join(finalDir, `restic.partial-${process.pid}`);
    writeFileSync(partial, readFileSync(unpacked), { mode: 0o755 });
    renameSync(partial, join(finalDir, "restic"));
    return join(finalDir, "restic");
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  try {
    console.log(newestResticPath() ?? fetchNewestRestic());
  } catch (error) {
    console.error(`The newest restic could not be fetched: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
