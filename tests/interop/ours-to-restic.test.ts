import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { makeAwkwardTree } from "./awkward-tree.ts";
import { exactListing } from "./exact-listing.ts";
import { holdfastBackup, initRepository } from "./holdfast.ts";
import { installedRestic, newestRestic, snapshotsOf, type Restic } from "./restic.ts";

const cases = ([1, 2] as const).flatMap((version) => [
  ["the newest restic", newestRestic, version] as const,
  ["the restic of this system", installedRestic, version] as const,
]);

for (const [name, restic, version] of cases) {
  test.skipIf(restic === undefined)(`what Holdfast writes in format ${version}, ${name} checks and restores`, () =>
    expectRestored(restic!, version),
  );
}

async function expectRestored(restic: Restic, version: 1 | 2): Promise<void> {
  const dir = await temporaryDirectory();
  const [repository, source, target] = ["repository", "source", "target"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(source);
  const tidy = await makeAwkwardTree(source, { isCurrent: restic.isCurrent });
  try {
    await initRepository(repository, version);
    const first = await holdfastBackup(repository, ["."], { cwd: source });
    expect(first).toMatchObject({ isComplete: true, problems: { first: [] } });
    const second = await holdfastBackup(repository, ["."], { cwd: source });
    expect(second).toMatchObject({ treeId: first.treeId, parentId: first.snapshotId });
    expect(second.counts).toMatchObject({ filesNew: 0, filesChanged: 0, dataAdded: 0 });

    expect((await snapshotsOf(restic, repository)).map(({ tree }) => tree)).toEqual([first.treeId, first.treeId]);
    expect(await restic.run(repository, ["check", "--read-data"])).toContain("no errors were found");
    await restic.run(repository, ["restore", "latest", "--target", target]);
    // restic leaves the time of the folder that it restores into.
    const options = { withoutLinkTimes: !restic.isCurrent };
    expect(exactListing(target, options).slice(1)).toEqual(exactListing(source, options).slice(1));
  } finally {
    tidy();
  }
}
