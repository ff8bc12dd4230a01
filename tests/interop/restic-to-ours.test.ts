import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@holdfast/testkit";
import { checkRepository, compareRestored, findSnapshot, restore } from "@holdfast/engine";
import { expect, test } from "vitest";
import { makeAwkwardTree } from "./awkward-tree.ts";
import { exactListing } from "./exact-listing.ts";
import { holdfastBackup, openRepository } from "./holdfast.ts";
import { installedRestic, newestRestic, type Restic } from "./restic.ts";

const cases = ([1, 2] as const).flatMap((version) => [
  ["the newest restic", newestRestic, version] as const,
  ["the restic of this system", installedRestic, version] as const,
]);

for (const [name, restic, version] of cases) {
  test.skipIf(restic === undefined)(
    `what ${name} writes in format ${version}, Holdfast checks, restores and continues`,
    () => expectRestored(restic!, version),
  );
}

async function expectRestored(restic: Restic, version: 1 | 2): Promise<void> {
  const dir = await temporaryDirectory();
  const [repositoryPath, source, target] = ["repository", "source", "target"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(source);
  const tidy = await makeAwkwardTree(source, { isCurrent: restic.isCurrent });
  try {
    await restic.run(repositoryPath, ["init", "--repository-version", `${version}`]);
    await restic.run(repositoryPath, ["backup", "--quiet", "--host", "interop", "."], { cwd: source });
    const repository = await openRepository(repositoryPath);
    expect(repository.version).toBe(version);

    const report = await checkRepository(repository, { readData: true });
    expect(report).toMatchObject({ errors: [], snapshots: 1 });
    const { id: snapshotId } = await findSnapshot(repository, "latest");
    const result = await restore(repository, { snapshotId, targetDir: target, verify: true });
    expect(result).toMatchObject({ isComplete: true, problems: { first: [] } });
    expect(exactListing(target).slice(1)).toEqual(exactListing(source).slice(1));
    const { differences } = await compareRestored(repository, snapshotId, target);
    expect(differences).toEqual({ count: 0, first: [] });

    // The next backup finds its parent and reads nothing again.
    const next = await holdfastBackup(repositoryPath, ["."], { cwd: source });
    expect(next).toMatchObject({ parentId: snapshotId });
    expect(next.counts).toMatchObject({ filesNew: 0, filesChanged: 0, dataAdded: 0 });
    expect(await restic.run(repositoryPath, ["check"])).toContain("no errors were found");
  } finally {
    tidy();
  }
}
