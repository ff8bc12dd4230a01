import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { holdfastProgram, runProgram, type Ended, type RunOptions } from "./program.ts";

const isRoot = process.getuid?.() === 0;
/** Permissions do not hold root back, unless it gives that power away; another user might not reach the checkout. */
const heldBack: readonly string[] = isRoot ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : [];

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-failures-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function holdfast(words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const variables = { HOLDFAST_PASSWORD: "correct", HOME: folder, ...options.variables };
  const [command = process.execPath, ...rest] = [...heldBack, process.execPath, holdfastProgram, ...words];
  return runProgram(command, rest, { ...options, variables });
}

/** Exactly one line, with the code, that ends in what to do. */
const oneLine = (code: string) => expect.stringMatching(new RegExp(`^holdfast: ${code}: [^\\n]+\\.\\n$`));

test("a wrong password is told as such, with 12", async () => {
  const repository = join(folder, "repository");
  await holdfast(["init", "-r", repository]);
  const variables = { HOLDFAST_PASSWORD: "wrong" };
  const said = await holdfast(["snapshots", "-r", repository], { variables });
  expect(said).toMatchObject({ exitCode: 12, stdout: "", stderr: oneLine("ENGINE_WRONG_PASSWORD") });
});

test("a repository that is not there is told as such, with 10, and none is made", async () => {
  const said = await holdfast(["backup", "-r", join(folder, "repository"), holdfastProgram]);
  expect(said).toMatchObject({ exitCode: 10, stdout: "", stderr: oneLine("ENGINE_NO_REPOSITORY") });
  // The folder is its home as well, where it keeps its own compiled modules.
  expect(readdirSync(folder).filter((name) => name !== ".cache")).toEqual([]);
});

test("a server that is not there is told within moments", async () => {
  const said = await holdfast(["snapshots", "-r", "rest:https://127.0.0.1:1/alpha/"]);
  expect(said).toMatchObject({ exitCode: 1, stdout: "", stderr: oneLine("STORAGE_UNREACHABLE") });
});

test("a file that cannot be read is named, everything else is saved, and the code is 3", async () => {
  const [source, repository] = [join(folder, "source"), join(folder, "repository")];
  mkdirSync(source);
  for (const name of ["open.txt", "closed.txt"]) {
    writeFileSync(join(source, name), name);
    chmodSync(join(source, name), name === "open.txt" ? 0o644 : 0);
  }
  await holdfast(["init", "-r", repository]);
  const said = await holdfast(["backup", "-r", repository, source]);
  expect(said).toMatchObject({ exitCode: 3, stdout: expect.stringContaining("saved") });
  expect(said.stderr).toMatch(/^holdfast: ENGINE_SOURCE_UNREADABLE: .*closed\.txt: .*\n$/);
  const target = join(folder, "target");
  await holdfast(["restore", "-r", repository, `latest:${source}`, "--target", target]);
  expect(readdirSync(target)).toEqual(["open.txt"]);
});

/**
 * A disk of 6 MiB in a mount namespace of its own: a first backup fits, a second does not, and what the first one saved
 * is whole. Prints the exit codes of the backup that failed, of the check, and of the restore.
 */
const fullDisk = `
  set -u
  mount -t tmpfs -o size=6m tmpfs "$DISK" || exit 99
  "$@" init -q && "$@" backup -q "$SMALL" || exit 98
  "$@" backup -q "$LARGE"; echo $?
  "$@" check --read-data >&2; echo $?
  "$@" restore -q "latest:$SMALL" --target "$TARGET"; echo $?
  ls "$DISK/repository/locks" "$DISK/repository/snapshots" | wc -w
`;

test("a full disk is told as such, and what was saved before is whole", async () => {
  const [disk, target] = [join(folder, "disk"), join(folder, "target")];
  const [small, large] = [join(folder, "small"), join(folder, "large")];
  for (const each of [disk, small, large]) mkdirSync(each);
  writeFileSync(join(small, "file"), Buffer.alloc(1_000_000, "a small file that is saved first "));
  writeFileSync(join(large, "file"), crypto.getRandomValues(new Uint8Array(65_536)));
  for (let number = 0; number < 400; number += 1) {
    writeFileSync(join(large, `file-${number}`), crypto.getRandomValues(new Uint8Array(40_000)));
  }
  const namespace = ["--mount", ...(isRoot ? [] : ["--map-root-user"])];
  const program = [process.execPath, holdfastProgram, "-r", join(disk, "repository")];
  const said = await runProgram("unshare", [...namespace, "sh", "-c", fullDisk, "sh", ...program], {
    variables: { HOLDFAST_PASSWORD: "correct", HOME: folder, DISK: disk, TARGET: target, SMALL: small, LARGE: large },
  });
  expect(said.stderr).toMatch(/^holdfast: STORAGE_FULL: [^\n]+\n/);
  const [backup, check, restore, words] = said.stdout.trim().split("\n");
  expect({ backup, check, restore }).toEqual({ backup: "1", check: "0", restore: "0" });
  expect(words).toBe("3"); // two headings and the one snapshot; no lock
  expect(readFileSync(join(target, "file"))).toEqual(readFileSync(join(small, "file")));
});

test.each([
  ["server", ["--console-port"], "PORT_TAKEN"],
  ["server", ["--agent-port"], "PORT_TAKEN"],
])("a port that another program has is named: %s %s", async (part, [flag], code) => {
  const squatter = createServer();
  await new Promise<void>((done) => squatter.listen(0, "127.0.0.1", done));
  onTestFinished(() => new Promise<void>((done) => squatter.close(() => done())));
  const address = squatter.address();
  const port = typeof address === "object" && address !== null ? `${address.port}` : "";
  const said = await holdfast([part, "--home", join(folder, "home"), flag ?? "", port, "--log-level", "error"]);
  expect(said).toMatchObject({ exitCode: 1, stdout: "" });
  expect(said.stderr).toMatch(new RegExp(`^holdfast: ${code}: .*\\b${port}\\b.*\\n$`, "m"));
});
