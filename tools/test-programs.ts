/**
 * The programs that tests run beside ours. On Debian and Ubuntu, as root or where sudo asks no password, what is
 * missing is installed; elsewhere it is named, and the tests that need it are skipped by name.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, readdirSync } from "node:fs";
import path from "node:path";

interface TestProgram {
  readonly program: string;
  readonly debianPackage: string;
  readonly neededFor: string;
}

const programs: readonly TestProgram[] = [
  { program: "git", debianPackage: "git", neededFor: "the test that starts from a clone" },
  { program: "restic", debianPackage: "restic", neededFor: "reading what we write, and writing what we read" },
  { program: "borg", debianPackage: "borgbackup", neededFor: "the benchmark's own test" },
  { program: "time", debianPackage: "time", neededFor: "the benchmark's own test" },
  { program: "script", debianPackage: "bsdutils", neededFor: "the tests at a terminal" },
  { program: "unshare", debianPackage: "util-linux", neededFor: "the test of a full disk" },
  { program: "chromium", debianPackage: "chromium", neededFor: "the tests in a browser" },
  { program: "setpriv", debianPackage: "util-linux", neededFor: "running the database and tests as another user" },
];

/** Installs what is missing where that is possible. @returns what is still missing, with what it is for */
export function ensureTestPrograms(say: (line: string) => void): string[] {
  const missing = programs.filter(({ program }) => !isInstalled(program));
  const apt = missing.length > 0 ? aptCommand() : undefined;
  if (apt !== undefined) {
    const packages = missing.map(({ debianPackage }) => debianPackage);
    say(`Installing ${packages.join(", ")} ...`);
    install(apt, packages);
  }
  return missing
    .filter(({ program }) => !isInstalled(program))
    .map(({ program, debianPackage, neededFor }) => `${program} (package ${debianPackage}): ${neededFor}`);
}

function isInstalled(program: string): boolean {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/bin"];
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** How to run apt-get with the right to install, or undefined where there is none. */
function aptCommand(): readonly string[] | undefined {
  if (!isInstalled("apt-get")) return undefined;
  const environment = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
  if (process.getuid!() === 0) return environment;
  const maySudo = isInstalled("sudo") && spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0;
  return maySudo ? ["sudo", "-n", ...environment] : undefined;
}

/** Tries with the package lists that are there, which are often fresh, and once more with new ones. */
function install(apt: readonly string[], packages: readonly string[]): void {
  const run = (...args: readonly string[]) => {
    const [file, ...rest] = [...apt, "-qq", ...args] as [string, ...string[]];
    return spawnSync(file, rest, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  };
  const installAll = () => run("install", "--yes", "--no-install-recommends", ...packages);
  const hasLists = readdirSync("/var/lib/apt/lists").some(
    (name) => name.endsWith("_Packages") || name.includes(".lz4"),
  );
  if (hasLists && installAll()) return;
  run("update");
  installAll();
}
