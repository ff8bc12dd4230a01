import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { holdfastProgram, mustRun, runProgram } from "../start/program.ts";
import { makeAwkwardTree } from "./awkward-tree.ts";
import { exactListing } from "./exact-listing.ts";
import { holdfastBackup, initRepository } from "./holdfast.ts";
import { newestRestic, password } from "./restic.ts";

const hasTar = spawnSync("tar", ["--version"], { encoding: "utf8" }).stdout?.includes("GNU tar");
const hasUnzip = spawnSync("unzip", ["-v"]).status === 0;
const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** A snapshot of a tree, and a function that dumps of it into a file. */
async function dumpable(fill: (source: string) => Promise<() => void>) {
  const dir = await temporaryDirectory();
  const [repository, source, target] = ["repository", "source", "target"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(source);
  mkdirSync(target);
  const tidy = await fill(source);
  await initRepository(repository);
  await holdfastBackup(repository, ["."], { cwd: source });
  const dump = async (name: string, ...words: string[]) => {
    const file = join(dir, name);
    const variables = { HOLDFAST_PASSWORD: password };
    await mustRun(process.execPath, [holdfastProgram, "-r", repository, "dump", "-t", file, ...words], { variables });
    return file;
  };
  return { dir, repository, source, target, dump, tidy };
}

/** What an archive brings back: no devices and fifos, and every name a file of its own. */
function archivable(listing: readonly string[]): string[] {
  const [, ...entries] = listing; // the folder itself is in no archive
  return entries
    .filter((line) => !/^\/(?:fifo|null|disk) /.test(line))
    .map((line) => line.replace(/ same as \/\S+/, ""));
}

test.skipIf(!hasTar)(
  "what is dumped as a tar, tar unpacks as it was: bytes, names, times, owners, attributes",
  async () => {
    const { source, target, dump, tidy } = await dumpable((folder) => makeAwkwardTree(folder, { isCurrent: true }));
    const file = await dump("all.tar", "latest", "/");
    const unpack = [
      "-x",
      "-p",
      "-f",
      file,
      "-C",
      target,
      "--numeric-owner",
      "--xattrs",
      "--xattrs-include=*",
      "--acls",
    ];
    expect(await runProgram("tar", unpack)).toMatchObject({ exitCode: 0 });
    expect(archivable(exactListing(target))).toEqual(archivable(exactListing(source)));
    tidy();
  },
);

test.skipIf(!hasPython)("a tar's long names, owners and times are read by others too", async () => {
  const { target, dump, tidy } = await dumpable((folder) => makeAwkwardTree(folder, { isCurrent: true }));
  const file = await dump("all.tar", "latest", "/");
  const listed = await mustRun("python3", ["-c", pythonTar, file]);
  const members: { name: string; mtime: number; uid: number }[] = JSON.parse(listed);
  expect(members.some(({ name }) => name.length > 1000)).toBe(true);
  expect(members.some(({ mtime }) => mtime < -1_900_000_000)).toBe(true);
  expect(target).toBeDefined();
  tidy();
});

const pythonTar = `
import json, sys, tarfile
archive = tarfile.open(sys.argv[1], errors="surrogateescape")
print(json.dumps([{"name": m.name, "mtime": m.mtime, "uid": m.uid} for m in archive]))
`;

test.skipIf(!hasUnzip || !hasPython)("a zip is whole to unzip and python, with modes, times and links", async () => {
  const { source, target, dump, tidy } = await dumpable((folder) => makeAwkwardTree(folder, { isCurrent: true }));
  const file = await dump("some.zip", "--archive", "zip", "latest:/links", "/");
  await mustRun("unzip", ["-q", "-X", file, "-d", target]);
  const facts = (folder: string) => archivable(exactListing(folder)).map((line) => line.replace(/ \d{10,}$/, ""));
  const seconds = (lines: readonly string[]) => lines.map((line) => line.replace(/ (-?\d+)\d{9} /, " $1 "));
  expect(seconds(facts(target)).filter((line) => !line.includes(" to "))).toEqual(
    seconds(facts(join(source, "links"))).filter((line) => !line.includes(" to ")),
  );
  const all = await dump("all.zip", "-a", "zip", "latest", "/");
  const tested = await mustRun("python3", [
    "-c",
    "import sys,zipfile; print(zipfile.ZipFile(sys.argv[1]).testzip())",
    all,
  ]);
  expect(tested.trim()).toBe("None");
  tidy();
});

test("a file is dumped as its bytes, and standard output is what a target gets", async () => {
  const { repository, source, dump, tidy } = await dumpable((folder) => makeAwkwardTree(folder, { isCurrent: true }));
  const file = await dump("large", "latest", "/sizes/13388608");
  expect(readFileSync(file).equals(readFileSync(join(source, "sizes/13388608")))).toBe(true);
  const words = [holdfastProgram, "-r", repository, "dump", "latest:/names", "/a"];
  expect(await mustRun(process.execPath, words, { variables: { HOLDFAST_PASSWORD: password } })).toBe("names/a");
  tidy();
});

test.skipIf(newestRestic === undefined)(
  "the newest restic puts the same entries into a tar, with the same names",
  async () => {
    const { dir, repository, dump, tidy } = await dumpable((folder) => makeAwkwardTree(folder, { isCurrent: true }));
    const list = async (file: string) => (await mustRun("tar", ["-t", "-f", file])).split("\n");
    const theirs = join(dir, "theirs.tar");
    await newestRestic!.run(repository, ["dump", "-t", theirs, "latest", "/modes"]);
    expect(await list(await dump("ours.tar", "latest", "/modes"))).toEqual(await list(theirs));
    tidy();
  },
);
