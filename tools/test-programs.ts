/**
 * The programs that tests run beside ours. On Debian and Ubuntu, as root or where sudo asks no password, what is
 * missing is installed; elsewhere it is named, and the tests that need it are skipped by name.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, globSync } from "node:fs";
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
  { program: "curl", debianPackage: "curl", neededFor: "reading a mounted repository" },
  { program: "rclone", debianPackage: "rclone", neededFor: "reading a mounted repository as WebDAV clients do" },
  { program: "unzip", debianPackage: "unzip", neededFor: "unpacking what dump writes" },
  { program: "python3", debianPackage: "python3", neededFor: "unpacking what dump writes with other eyes" },
  { program: "script", debianPackage: "bsdutils", neededFor: "the tests at a terminal" },
  { program: "unshare", debianPackage: "util-linux", neededFor: "the test of a full disk" },
  { program: "chromium", debianPackage: "chromium", neededFor: "the tests in a browser" },
  { program: "postgres", debianPackage: "postgresql", neededFor: "running on a PostgreSQL that is not ours" },
  { program: "setpriv", debianPackage: "util-linux", neededFor: "running the database and tests as another user" },
];

/** Installs what is missing where that is possible. @returns what is still missing, with what it is for */
export function ensureTestPrograms(say: (line: string) => void): string[] {
  const missing = programs.filter(({ program }) => !isInstalled(program));
  const asRoot = missing.length > 0 ? rootCommand() : undefined;
  if (asRoot !== undefined) {
    const packages = missing.map(({ debianPackage }) => debianPackage);
    say(`Installing ${packages.join(", ")} ...`);
    install(asRoot, packages);
  }
  return missing
    .filter(({ program }) => !isInstalled(program))
    .map(({ program, debianPackage, neededFor }) => `${program} (package ${debianPackage}): ${neededFor}`);
}

function isInstalled(program: string): boolean {
  const hidden = ["/usr/sbin", ...globSync("/usr/lib/postgresql/*/bin")]; // not on everybody's PATH
  const folders = [...(process.env.PATH ?? "").split(":"), ...hidden];
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What runs a command as root, or undefined where nothing does. */
function rootCommand(): readonly string[] | undefined {
  if (!isInstalled("apt-get")) return undefined;
  if (process.getuid!() === 0) return [];
  const maySudo = isInstalled("sudo") && spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0;
  return maySudo ? ["sudo", "-n"] : undefined;
}

/**
 * Tries with the package lists that are there, which are often fresh, and once more with new ones. Tests start what
 * they need themselves, so no service is left running by an installation: policy-rc.d says so to Debian's scripts.
 */
const installScript = `
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\\nexit 101\\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get install -qq --yes --no-install-recommends "$@" >/dev/null 2>&1 && exit
apt-get update -qq
for package; do # one by one: a package that this system does not know must not keep the others out
  apt-get install -qq --yes --no-install-recommends "$package" >/dev/null
done
`;

function install(asRoot: readonly string[], packages: readonly string[]): void {
  const [file, ...args] = [...asRoot, "sh", "-c", installScript, "sh", ...packages] as [string, ...string[]];
  spawnSync(file, args, { stdio: ["ignore", "inherit", "inherit"] });
}
