import { linkSync, lutimesSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { exactListing } from "./exact-listing.ts";
import { holdfastIn } from "./holdfast-command.ts";
import { newestRestic } from "./restic.ts";

const early = new Date("2020-01-01T00:00:00Z");
const late = new Date("2035-01-01T00:00:00Z");

function file(path: string, content: string, time: Date): void {
  writeFileSync(path, content);
  utimesSync(path, time, time);
}

/**
 * Where not everything may be overwritten, restic gives a further name to whatever the first name of a file stands for
 * then, and replaces a link by a folder; we give the name to the file of the snapshot, and leave the link.
 */
const isAlike = (mode: string) => mode === "always" || mode === "if-changed";

function makeSource(dir: string, mode: string): void {
  mkdirSync(join(dir, "in/deep"), { recursive: true });
  mkdirSync(join(dir, "empty"));
  file(join(dir, "a.txt"), "content of a", early);
  file(join(dir, "in/b.log"), "content of b".repeat(100_000), early);
  file(join(dir, "in/deep/c.txt"), "", early);
  if (isAlike(mode)) linkSync(join(dir, "a.txt"), join(dir, "in/a again.txt"));
  symlinkSync("a.txt", join(dir, "link"));
}

/** What was there before: some of it older, some newer, some of another kind, some foreign. */
function makeTarget(dir: string, mode: string): void {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, "in/deep"), { recursive: true });
  mkdirSync(join(dir, "foreign/deeper"), { recursive: true });
  file(join(dir, "a.txt"), "mine", late);
  file(join(dir, "in/b.log"), "content of b".repeat(100_000).replace("b", "x"), new Date("2019-01-01T00:00:00Z"));
  file(join(dir, "in/deep/c.txt"), "not empty", early);
  file(join(dir, "in/foreign.txt"), "foreign", early);
  file(join(dir, "foreign/deeper/file.log"), "foreign", early);
  if (!isAlike(mode)) return;
  symlinkSync("/etc/hostname", join(dir, "empty"));
  lutimesSync(join(dir, "empty"), early, early);
}

/** Folders without their times: those that nobody restored have that of the test's own changes. */
function listing(folder: string): string[] {
  return exactListing(folder).map((line) => line.replace(/^(.*? 40\d+ \d+ \d+) \d+/, "$1"));
}

const modes = ["always", "if-changed", "if-newer", "never"];
const choices = [
  [],
  ["--delete"],
  ["--delete", "--include", "/in"],
  ["--delete", "--exclude", "*.log"],
  ["--sparse", "--verify"],
  ["--iinclude", "*.TXT"],
];

describe.skipIf(newestRestic === undefined)("what is there already", () => {
  test.each(modes)("is dealt with as by restic with --overwrite %s", async (mode) => {
    const dir = await temporaryDirectory();
    const [repository, source, target] = [join(dir, "repository"), join(dir, "source"), join(dir, "target")] as const;
    makeSource(source, mode);
    await newestRestic!.run(repository, ["init"]);
    await newestRestic!.run(repository, ["backup", "."], { cwd: source });
    const holdfast = holdfastIn(dir);
    for (const choice of choices) {
      // A foreign folder goes as a whole with restic, with what --exclude spares in it; with us that stays.
      const isSpared = choice.includes("--exclude");
      const words = ["restore", "latest", "--target", target, "--overwrite", mode, ...choice];
      const prepare = () => {
        makeTarget(target, mode);
        if (isSpared) rmSync(join(target, "foreign/deeper/file.log"));
      };
      prepare();
      const theirs = await newestRestic!.tryRun(repository, words);
      const expected = listing(target);
      prepare();
      const ours = await holdfast(repository, words);
      expect(listing(target), `${choice.join(" ")}: ${ours.errors}`).toEqual(expected);
      expect(ours.exitCode, choice.join(" ")).toBe(theirs.exitCode);
    }
  });
});
