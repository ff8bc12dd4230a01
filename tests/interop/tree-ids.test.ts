import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findNode, parseId } from "@holdfast/engine";
import { temporaryDirectory } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { makeAwkwardTree } from "./awkward-tree.ts";
import { holdfastBackup, initRepository, openRepository } from "./holdfast.ts";
import { installedRestic, newestRestic, snapshotsOf, type Restic } from "./restic.ts";

/** With and without summer time, with half hours, behind and ahead, and with seconds long ago. */
const zones = ["UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin"];

/**
 * A tree's id is the hash of everything in it: contents as they were cut, and every byte of its metadata. The cuts depend
 * on the repository, so both programs back up into the same one.
 */
async function expectSameTrees(restic: Restic, TZs: readonly string[]): Promise<void> {
  const dir = await temporaryDirectory();
  const [repository, source] = [join(dir, "repository"), join(dir, "source")];
  mkdirSync(source);
  const tidy = await makeAwkwardTree(source, { isCurrent: restic.isCurrent });
  try {
    await initRepository(repository);
    for (const TZ of TZs) {
      // By a relative path, because the folders above change while other tests run.
      await restic.run(repository, ["backup", "--quiet", "--force", "source"], { TZ, cwd: dir });
      const ours = await holdfastBackup(repository, ["source"], { technology: "full", TZ, cwd: dir });
      expect(ours.problems.first, TZ).toEqual([]);
      expect(ours.treeId, TZ).toBe((await snapshotsOf(restic, repository)).at(-2)!.tree);
      expect(ours.counts, TZ).toMatchObject({ dataAdded: 0, treeBlobs: 0 });
    }
  } finally {
    tidy();
  }
}

describe("one source has one tree id, whether restic or Holdfast backs it up", () => {
  test.skipIf(newestRestic === undefined)("with the newest restic, in several time zones", () =>
    expectSameTrees(newestRestic!, zones),
  );

  test.skipIf(installedRestic === undefined)("with the restic of this system", () =>
    expectSameTrees(installedRestic!, ["UTC", "Europe/Dublin"]),
  );

  test.skipIf(newestRestic === undefined)("with every code point of Unicode in its names", async () => {
    const dir = await temporaryDirectory();
    const [repository, source] = [join(dir, "repository"), join(dir, "source")];
    mkdirSync(source);
    for (const name of namesOfAllCodePoints()) writeFileSync(join(source, name), "");
    await initRepository(repository);
    await newestRestic!.run(repository, ["backup", "--quiet", "source"], { cwd: dir });
    const ours = await holdfastBackup(repository, ["source"], { cwd: dir });
    expect(ours.treeId).toBe((await snapshotsOf(newestRestic!, repository)).at(-2)!.tree);
    expect(ours.counts).toMatchObject({ filesNew: Math.ceil(codePointCount / codePointsInName) });
  });

  test.skipIf(newestRestic === undefined)("however its targets are given", async () => {
    const restic = newestRestic!;
    const dir = await temporaryDirectory();
    const [repository, source] = [join(dir, "repository"), join(dir, "source")];
    mkdirSync(join(source, "a/b"), { recursive: true });
    mkdirSync(join(source, "c/a"), { recursive: true });
    writeFileSync(join(source, "a/b/file"), "x");
    symlinkSync("a", join(source, "link"));
    await initRepository(repository);
    const choices = [
      ["."],
      ["a"],
      ["a/b", "c"],
      ["a", "a/b"],
      ["../source/a", "."],
      ["a", "c/a"],
      ["link"],
      ["link/b"],
      ["./c/../a"],
    ];
    for (const targets of choices) {
      await restic.run(repository, ["backup", "--quiet", "--force", ...targets], { cwd: source });
      const ours = await holdfastBackup(repository, targets, { cwd: source });
      expect(ours.treeId, targets.join(" ")).toBe((await snapshotsOf(restic, repository)).at(-2)!.tree);
    }
    // Of an absolute path the part that is the test's own: the folders above it are everybody's.
    await restic.run(repository, ["backup", "--quiet", "--force", `${source}/a`, `${source}/c`]);
    await holdfastBackup(repository, [`${source}/a`, `${source}/c`]);
    const opened = await openRepository(repository);
    const names = source
      .split("/")
      .slice(1)
      .map((name) => Buffer.from(name));
    const [theirs, ours] = (await snapshotsOf(restic, repository)).slice(-2);
    const [left, right] = await Promise.all([theirs!, ours!].map(({ tree }) => findNode(opened, parseId(tree), names)));
    expect(right).toEqual(left);
  });
});

const codePointsInName = 60; // of four bytes each, and a name has 255 bytes
const codePointCount = 0x110000 - 2048 - 2; // without surrogates, which have no UTF-8, without zero and the slash

function* namesOfAllCodePoints(): Generator<string> {
  let name = "";
  let count = 0;
  for (let codePoint = 1; codePoint <= 0x10ffff; codePoint += 1) {
    if (codePoint === 0x2f || (codePoint >= 0xd800 && codePoint <= 0xdfff)) continue;
    name += String.fromCodePoint(codePoint);
    count += 1;
    if (count % codePointsInName !== 0) continue;
    yield name;
    name = "";
  }
  if (name !== "") yield name;
}
