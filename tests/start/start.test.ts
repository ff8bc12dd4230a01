import { appendFileSync, chmodSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Newcomer, type StartResult } from "./clone.ts";
import { mustRun } from "./program.ts";
import { writeSourceTree } from "./source-tree.ts";
import { treeListing } from "./tree-listing.ts";

const files = 2000;
const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };
const atStartMs = 240_000;

let folder = "";
let source = "";
let newcomer: Newcomer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-start-"));
  chmodSync(folder, 0o755);
  source = join(folder, "source");
  writeSourceTree(source, files);
  newcomer = new Newcomer(join(folder, "home")); // mode 0700: PostgreSQL, which will not be root, has to get through
  await newcomer.getClone();
}, atStartMs);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Opens a repository with nothing but the stock restic and the recovery password. */
function restic({ recoveryPasswordFile }: StartResult, repository: string, ...words: string[]): Promise<string> {
  const common = ["-r", repository, "--password-file", recoveryPasswordFile, "--no-cache"];
  return mustRun("restic", [...common, ...words], { variables: { HOME: folder } });
}

/** What restic restores of the newest snapshot, compared with what is there. */
async function expectRestorable(result: StartResult, repository: string): Promise<void> {
  const target = join(folder, "restored");
  await restic(result, repository, "check", "--read-data");
  await restic(result, repository, "restore", "latest", "--target", target);
  expect(treeListing(join(target, source))).toEqual(treeListing(source));
  rmSync(target, { recursive: true });
}

/** Processes that were started from the clone and are still there. */
function leftOver(place: string): string[] {
  return globSync("/proc/[0-9]*/cmdline").flatMap((file) => {
    const line = existsSync(file) ? readFileSync(file, "utf8").replaceAll("\0", " ") : "";
    return line.includes(place) ? [line] : [];
  });
}

describe("npm start in a fresh clone", () => {
  let first: StartResult;

  test(
    "protects a folder and proves it, and what it leaves opens with plain restic",
    async () => {
      first = await newcomer.startOnce(source);
      expect(first.snapshots).toHaveLength(2);
      expect(first.drill).toMatchObject({ result: "passed", files, differences: 0 });
      expect(first.rtoSeconds).toBeGreaterThan(0);
      expect(first.consoleUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+/);
      await expectRestorable(first, first.repositoryPath);
      await expectRestorable(first, first.copyPath);
    },
    atStartMs,
  );

  test("leaves no process behind", () => {
    expect(leftOver(newcomer.clone)).toEqual([]);
  });

  test("signs a certificate that verifies without a server", async () => {
    const words = ["run", "--silent", "holdfast", "--", "verify-certificate", first.certificatePath];
    const said = await mustRun("npm", words, { cwd: newcomer.clone, variables: { HOME: newcomer.home } });
    expect(said).toContain("the signature is good");
  });

  test(
    "continues where it left off when it is started again",
    async () => {
      appendFileSync(join(source, "folder-0", "inner-0", "file-0.txt"), "changed\n");
      const second = await newcomer.startOnce(source);
      expect(second.snapshots.slice(0, 2)).toEqual(first.snapshots);
      expect(second.snapshots).toHaveLength(3);
      expect(second.repositoryPath).toBe(first.repositoryPath);
      expect(second.drill.result).toBe("passed");
      await expectRestorable(second, second.repositoryPath);
      await expectRestorable(second, second.copyPath);
    },
    atStartMs,
  );

  test(
    "works in the home of an ordinary user as well",
    async () => {
      const home = join(folder, "user");
      const own = join(folder, "own");
      mkdirSync(home, { mode: 0o700 });
      renameSync(newcomer.clone, join(home, "holdfast")); // with what npm has installed
      rmSync(join(home, "holdfast", ".holdfast"), { recursive: true });
      writeSourceTree(own, 100);
      if (isRoot) await mustRun("chown", ["--no-dereference", "-R", `${nobody.uid}:${nobody.gid}`, home, own]);
      const user = new Newcomer(home, isRoot ? nobody : undefined);
      const result = await user.startOnce(own);
      expect(result.drill).toMatchObject({ result: "passed", differences: 0 });
      await restic(result, result.repositoryPath, "check", "--read-data");
      expect(leftOver(user.clone)).toEqual([]);
    },
    atStartMs,
  );
});
