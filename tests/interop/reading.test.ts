import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { holdfastProgram, runProgram } from "../start/program.ts";
import { makeAwkwardTree } from "./awkward-tree.ts";
import { initRepository } from "./holdfast.ts";
import { newestRestic, password, snapshotsOf } from "./restic.ts";

const dir = mkdtempSync(join(tmpdir(), "holdfast-reading-"));
const repository = join(dir, "repository");
/** What stands for ids in the commands below: of the three snapshots, and of objects. */
const named = { FIRST: "", SECOND: "", THIRD: "", BLOB: "", TREE: "", PACK: "" };

beforeAll(async () => {
  if (newestRestic === undefined) return;
  const source = join(dir, "source");
  mkdirSync(source);
  await initRepository(repository);
  const tidy = await makeAwkwardTree(source, { isCurrent: newestRestic.isCurrent });
  await newestRestic.run(repository, ["backup", ".", "--host", "alpha", "--tag", "one"], { cwd: source });
  changeTree(source);
  await newestRestic.run(repository, ["backup", ".", "--host", "beta"], { cwd: source });
  await newestRestic.run(repository, ["backup", "odd", "links", "--host", "alpha"], { cwd: source });
  tidy();
  const [first, second, third] = await snapshotsOf(newestRestic, repository);
  Object.assign(named, { FIRST: first!.id, SECOND: second!.id, THIRD: third!.id });
  const nodesOf = async (tree: string) => JSON.parse(await newestRestic!.run(repository, ["cat", "blob", tree])).nodes;
  const top: { name: string; subtree: string }[] = await nodesOf(first!.tree);
  const subtree = (wanted: string) => top.find(({ name }) => name === wanted)!.subtree;
  const sizes: { content: string[] }[] = await nodesOf(subtree("sizes"));
  named.BLOB = sizes.flatMap(({ content }) => content ?? [])[0]!;
  named.TREE = subtree("odd");
  named.PACK = (await newestRestic.run(repository, ["list", "packs"])).slice(0, 8);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** One of everything that `diff` has a letter for. */
function changeTree(source: string): void {
  const at = (name: string) => join(source, name);
  appendFileSync(at("links/one"), "more"); // of all its names
  utimesSync(at("modes/444"), 1_000_000_000, 1_000_000_000);
  rmSync(at("sizes/1"));
  symlinkSync("elsewhere", at("sizes/1"));
  renameSync(at("deep"), at("moved"));
  mkdirSync(at("new/below"), { recursive: true });
  writeFileSync(at("new/below/file"), "new");
  rmSync(at("empty"), { recursive: true });
}

const jsonCommands = [
  "stats",
  "stats --mode files-by-contents",
  "stats --mode raw-data",
  "stats --mode blobs-per-file FIRST SECOND",
  "stats --host alpha",
  "stats --tag one",
  "diff FIRST SECOND",
  "diff --metadata SECOND FIRST",
  "diff FIRST:/links SECOND:/modes",
  "find *",
  "find -R /odd sizes/**/5*",
  "find -i CON --host alpha",
  "find --oldest 2024-01-01 --newest 2025-01-01 *",
  "find -s THIRD one",
  "find nothing-like-it",
  "find --blob BLOB",
  "find --tree TREE",
  "find --pack PACK",
  "ls latest --host beta",
  "ls FIRST:/odd",
  "ls FIRST /deep /modes",
  "ls FIRST --recursive /deep",
  "ls FIRST --sort size",
  "ls FIRST --sort time",
  "ls FIRST --sort atime",
  "ls FIRST --sort ctime",
  "ls FIRST --sort extension",
  "ls FIRST --reverse",
];

const textCommands = [
  "diff FIRST SECOND --quiet",
  "find -l modes/*",
  "find --blob --show-pack-id BLOB",
  "find --tree --show-pack-id TREE",
  "ls --ncdu FIRST",
  "ls --ncdu FIRST /links",
  "ls -l -q FIRST /modes",
  "ls -l -q --human-readable FIRST /sizes",
];

test.skipIf(newestRestic === undefined).each(jsonCommands)(
  "the newest restic and Holdfast say the same: %s --json",
  async (command) => {
    const { theirs, ours } = await runBoth(`${command} --json`);
    expect(normalised(ours)).toEqual(normalised(theirs));
  },
);

test.skipIf(newestRestic === undefined).each(textCommands)(
  "the newest restic and Holdfast print the same: %s",
  async (command) => {
    const { theirs, ours } = await runBoth(command);
    expect(ours).toBe(theirs);
  },
);

async function runBoth(command: string): Promise<{ theirs: string; ours: string }> {
  const isNamed = (name: string): name is keyof typeof named => name in named;
  const words = command
    .split(" ")
    .map((word) => word.replace(/^[A-Z]+/, (name) => (isNamed(name) ? named[name] : name)));
  const variables = { HOLDFAST_PASSWORD: password, TZ: "UTC" };
  const [theirs, ours] = await Promise.all([
    newestRestic!.tryRun(repository, words),
    runProgram(process.execPath, [holdfastProgram, "-r", repository, ...words], { variables }),
  ]);
  expect(ours).toMatchObject({ exitCode: theirs.exitCode, stderr: "" });
  return { theirs: theirs.stdout, ours: ours.stdout };
}

/** The messages; objects whose order is chance are sorted by their text. */
function normalised(output: string): unknown[] {
  const messages: unknown[] = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const [first] = messages;
  const isObjects = Array.isArray(first) && first.some((item) => "object_type" in item);
  return isObjects ? first.map((item) => JSON.stringify(item)).sort() : messages;
}
