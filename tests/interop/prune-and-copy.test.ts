import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { applyMigration, copySnapshots, migrations, prune, Repository } from "@holdfast/engine";
import { localStorage } from "@holdfast/storage";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { installedRestic, newestRestic, password, type Restic } from "./restic.ts";

const context = { clock: systemClock, random: systemRandom, log: silentLog };
const nothingUnused = { kind: "bytes", bytes: 0 } as const;

for (const restic of [installedRestic, newestRestic]) {
  describe.runIf(restic !== undefined).each([1, 2] as const)(
    `${restic?.name ?? "no restic"}, format version %i`,
    (version) => {
      test("prune: each finds nothing wrong and nothing to do after the other, and both keep the same blobs", async () => {
        const { repository: ours, folder } = await forgotten(restic!, version);
        const theirs = join(folder, "theirs");
        cpSync(ours, theirs, { recursive: true });
        await oursPrunes(ours);
        await restic!.run(theirs, ["prune", "--max-unused", "0"]);
        expect(await blobsOf(ours)).toEqual(await blobsOf(theirs));
        expect(await restic!.run(ours, ["check", "--read-data"])).toContain("no errors were found");
        expect(await restic!.run(ours, ["prune", "--max-unused", "0"])).toMatch(/total prune: +0 blobs/);
        const { plan } = await oursPrunes(theirs);
        expect(plan).toMatchObject({ repack: [], remove: [], missing: [], unindexed: [] });
        expect(await restic!.run(theirs, ["check", "--read-data"])).toContain("no errors were found");
      });

      test("copy: what went there and back is what it was, to the id of every tree", async () => {
        const { repository, folder } = await forgotten(restic!, version);
        const [ours, theirs] = [join(folder, "ours"), join(folder, "theirs")];
        await makeRepository(ours, version);
        await makeRepository(theirs, version);
        await copySnapshots({ from: await open(repository), to: await open(ours) });
        await restic!.run(theirs, ["copy", "--from-repo", ours]);
        await copySnapshots({ from: await open(theirs), to: await open(ours) }); // known by their origin
        expect(await treesOf(restic!, theirs)).toEqual(await treesOf(restic!, repository));
        expect(await treesOf(restic!, ours)).toEqual(await treesOf(restic!, repository));
        expect(await blobsOf(theirs)).toEqual(await blobsOf(ours));
        expect(await restic!.run(ours, ["check", "--read-data"])).toContain("no errors were found");
      });
    },
  );

  test.runIf(restic !== undefined)(
    `${restic?.name}: a repository that ours upgraded to version 2 is restic's version 2`,
    async () => {
      const { repository } = await forgotten(restic!, 1);
      await applyMigration(await open(repository), migrations[0]!);
      expect(JSON.parse(await restic!.run(repository, ["cat", "config"]))).toMatchObject({ version: 2 });
      await oursPrunes(repository, true);
      expect(await restic!.run(repository, ["check", "--read-data"])).toContain("no errors were found");
      const uncompressed = (await open(repository, true)).packs();
      for (const { blobs } of uncompressed)
        for (const { uncompressedLength } of blobs) expect(uncompressedLength).not.toBe(0);
    },
  );
}

/** One whose password costs next to nothing to try, for programs that ask for it often. */
async function makeRepository(path: string, version: 1 | 2): Promise<void> {
  const about = { password, hostname: "interop", username: "tester", version, kdf: { N: 1024, r: 8, p: 1 } };
  await Repository.init(localStorage(path), about, context);
}

/** A repository of restic's with four backups of a changing folder, two of them forgotten. */
async function forgotten(restic: Restic, version: 1 | 2) {
  const folder = await temporaryDirectory();
  const [repository, source] = [join(folder, "repository"), join(folder, "source")];
  mkdirSync(source);
  await makeRepository(repository, version);
  const random = seededRandom("interop prune");
  for (let day = 0; day < 4; day += 1) {
    for (let file = 0; file < 12; file += 1) {
      if (day > 0 && file % 4 !== day) continue;
      const text = Buffer.from(random.bytes(20_000)).toString("hex"); // compresses to half
      writeFileSync(join(source, `f${file}`), text);
    }
    if (day === 2) rmSync(join(source, "f1"));
    await restic.run(repository, ["backup", "--quiet", "."], { cwd: source });
  }
  await restic.run(repository, ["forget", "--quiet", "--keep-last", "2"]);
  return { folder, repository };
}

async function open(path: string, isIndexLoaded = false): Promise<Repository> {
  const repository = await Repository.open(localStorage(path), { password }, context);
  if (isIndexLoaded) await repository.loadIndex();
  return repository;
}

async function oursPrunes(path: string, repackUncompressed = false) {
  return prune(await open(path), { maxUnused: nothingUnused, repackUncompressed });
}

async function blobsOf(path: string): Promise<string[]> {
  const packs = (await open(path, true)).packs();
  return [...packs].flatMap(({ blobs }) => blobs.map(({ type, id }) => `${type} ${id}`)).sort();
}

async function treesOf(restic: Restic, repository: string): Promise<string[]> {
  const snapshots = JSON.parse(await restic.run(repository, ["snapshots", "--json"])) as { tree: string }[];
  return snapshots.map(({ tree }) => tree);
}
