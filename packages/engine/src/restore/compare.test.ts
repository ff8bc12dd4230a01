import { chmodSync, mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { native } from "../filesystem/native.ts";
import type { BlobId } from "../id.ts";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import { compareRestored } from "./compare.ts";
import { CraftedSnapshot, craftedTime } from "./crafted-snapshot-fixture.ts";
import { restore } from "./restore.ts";

const seed = 20_264;

async function restored() {
  const fixture = await repositoryFixture({ seed });
  const crafted = new CraftedSnapshot(fixture.repository);
  const snapshotId = await crafted.save([
    await crafted.directory("dir", [await crafted.file("file", ["con", "tent"]), crafted.link("link", "file")]),
    await crafted.file("empty", []),
    crafted.node("socket", "socket"),
  ]);
  const target = join(await temporaryDirectory(), "target");
  const repository = await fixture.reopen();
  await restore(repository, { snapshotId, targetDir: target });
  return { fixture, crafted, repository, snapshotId, target };
}

/** Gives a changed entry the time that the snapshot has for it, so that only the change itself is left to find. */
function keepTime(path: string): void {
  native!.setTimes(Buffer.from(path), craftedTime.ns, craftedTime.ns);
}

test("a restore that nothing happened to is the same, and its root hash is the same anywhere", async () => {
  const { repository, snapshotId, target } = await restored();
  const comparison = await compareRestored(repository, snapshotId, target);
  expect(comparison).toMatchObject({ files: 2, directories: 1, others: 1, bytes: 7, differences: { count: 0 } });
  const elsewhere = join(await temporaryDirectory(), "elsewhere");
  await restore(repository, { snapshotId, targetDir: elsewhere });
  expect((await compareRestored(repository, snapshotId, elsewhere)).rootHash).toBe(comparison.rootHash);
});

test.each([
  ["content", "/dir/file", (path: string) => writeFileSync(path, "contenT")],
  ["size", "/dir/file", (path: string) => truncateSync(path, 6)],
  ["mode", "/dir/file", (path: string) => chmodSync(path, 0o600)],
  ["mode", "/dir", (path: string) => chmodSync(path, 0o700)],
  ["missing", "/empty", (path: string) => rmSync(path)],
  ["type", "/empty", (path: string) => (rmSync(path), mkdirSync(path))],
  ["linkTarget", "/dir/link", (path: string) => (rmSync(path), symlinkSync("other", path))],
] as const)("a different %s of %s is found and named", async (kind, path, change) => {
  const { repository, snapshotId, target } = await restored();
  const { rootHash } = await compareRestored(repository, snapshotId, target);
  change(join(target, path));
  if (kind !== "missing") keepTime(join(target, path));
  keepTime(join(target, "dir"));
  const comparison = await compareRestored(repository, snapshotId, target);
  expect(comparison.differences).toEqual({ count: 1, first: [{ path, kind }] });
  expect(comparison.rootHash === rootHash).toBe(kind === "mode");
});

test("a time that differs by more than nothing is found", async () => {
  const { repository, snapshotId, target } = await restored();
  native!.setTimes(Buffer.from(join(target, "empty")), craftedTime.ns, craftedTime.ns + 1n);
  utimesSync(join(target, "dir"), 1, 1);
  const { differences } = await compareRestored(repository, snapshotId, target);
  expect(differences.first).toEqual([
    { path: "/dir", kind: "mtime" },
    { path: "/empty", kind: "mtime" },
  ]);
});

test("a directory that is missing is named with everything that was in it", async () => {
  const { repository, snapshotId, target } = await restored();
  rmSync(join(target, "dir"), { recursive: true });
  const { differences } = await compareRestored(repository, snapshotId, target);
  expect(differences.first.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
    "missing /dir",
    "missing /dir/file",
    "missing /dir/link",
  ]);
});

test("a symlink in place of a directory is not followed, whatever lies behind it", async () => {
  const { repository, snapshotId, target } = await restored();
  const copy = join(target, "../copy");
  await restore(repository, { snapshotId, targetDir: copy });
  rmSync(join(target, "dir"), { recursive: true });
  symlinkSync(join(copy, "dir"), join(target, "dir"));
  keepTime(join(target, "dir"));
  const { differences } = await compareRestored(repository, snapshotId, target);
  expect(differences.first.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
    "type /dir",
    "missing /dir/file",
    "missing /dir/link",
  ]);
});

test("what the repository itself no longer knows is no match", async () => {
  const { fixture, crafted, target } = await restored();
  const lost = "ab".repeat(32) as BlobId;
  const snapshotId = await crafted.save([
    await crafted.file("empty", []),
    crafted.node("file", "file", { content: [lost], size: 1n }),
    crafted.node("dir", "dir", { subtree: lost }),
  ]);
  writeFileSync(join(target, "file"), "x");
  const { differences } = await compareRestored(await fixture.reopen(), snapshotId, target);
  expect(differences.first).toContainEqual({ path: "/file", kind: "unreadable" });
  expect(differences.first).toContainEqual({ path: "/dir", kind: "unreadable" });
});

test("progress is told and it stops when told to", async () => {
  const { repository, snapshotId, target } = await restored();
  const seen: number[] = [];
  await compareRestored(repository, snapshotId, target, ({ filesDone }) => seen.push(filesDone));
  expect(seen).toEqual([1, 2]); // the clock stands still: once at the beginning, once at the end
  const stopped = compareRestored(repository, snapshotId, target, () => {}, AbortSignal.abort(new Error("stopped")));
  await expect(stopped).rejects.toThrow("stopped");
});
