import { faultyStorage } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { checkRepository } from "../check/check.ts";
import { Repository } from "../repository/repository.ts";
import { repositoryFixture, testPassword, type RepositoryFixture } from "../repository/repository-fixture.ts";
import { emptySnapshot } from "../snapshot/snapshot.ts";
import { saveSnapshot } from "../snapshot/snapshot-store.ts";
import { bareNode } from "../tree/node.ts";
import { serialiseTree } from "../tree/tree-writer.ts";
import { applyMigration, migrations } from "./migrate.ts";

const [upgrade] = migrations;

async function versionOne(seed: number): Promise<RepositoryFixture> {
  const fixture = await repositoryFixture({ seed, version: 1 });
  const { repository } = fixture;
  const content = [(await repository.saveBlob("data", Buffer.from("a text"))).id];
  const listing = serialiseTree([{ ...bareNode(Buffer.from("f"), "file"), content }]);
  const tree = (await repository.saveBlob("tree", listing)).id;
  await repository.flush();
  await saveSnapshot(repository, { ...emptySnapshot, time: { ns: 1n, offsetS: 0 }, tree, otherKeys: [] });
  return fixture;
}

async function errorsIn(fixture: RepositoryFixture) {
  return (await checkRepository(await fixture.reopen(), { readData: true })).errors;
}

test("a version 1 repository becomes one of version 2, with everything that it held and nothing else", async () => {
  const fixture = await versionOne(1);
  const before = await fixture.storage.names("pack");
  const { id, chunkerPolynomial } = fixture.repository;
  expect(upgrade!.obstacle(fixture.repository)).toBeUndefined();
  await applyMigration(await fixture.reopen(), upgrade!);
  const upgraded = await fixture.reopen();
  expect(upgraded).toMatchObject({ version: 2, id, chunkerPolynomial });
  expect(upgrade!.obstacle(upgraded)).toBeDefined();
  expect(await fixture.storage.names("pack")).toEqual(before);
  expect(await errorsIn(fixture)).toEqual([]);
});

test("it is harmless to apply it again", async () => {
  const fixture = await versionOne(2);
  await applyMigration(await fixture.reopen(), upgrade!);
  await applyMigration(await fixture.reopen(), upgrade!);
  expect((await fixture.reopen()).version).toBe(2);
});

test("a damaged repository is left as it is", async () => {
  const fixture = await versionOne(3);
  await fixture.storage.remove({ type: "pack", name: (await fixture.storage.names("pack"))[0]! });
  const repository = await fixture.reopen();
  await expect(applyMigration(repository, upgrade!)).rejects.toMatchObject({ code: "ENGINE_MIGRATION_REFUSED" });
  expect((await fixture.reopen()).version).toBe(1);
});

test("killed at any moment the repository opens, and the next try ends well", async () => {
  const versions: number[] = [];
  for (let isKilled = true; isKilled;) {
    const fixture = await versionOne(4);
    const dying = faultyStorage(fixture.storage, [
      { operation: ["write", "remove"], nth: versions.length + 1, times: Infinity, how: "fail" },
    ]);
    const repository = await Repository.open(dying, { password: testPassword }, fixture.context);
    await applyMigration(repository, upgrade!).catch(() => {});
    isKilled = dying.hits > 0;
    versions.push((await fixture.reopen()).version);
    expect(await errorsIn(fixture)).toEqual([]);
    await applyMigration(await fixture.reopen(), upgrade!);
    expect((await fixture.reopen()).version).toBe(2);
  }
  expect(versions).toEqual([1, 1, 1, 2, 2]);
});

test("when the new config cannot be written the old one is put back at once", async () => {
  const fixture = await versionOne(5);
  const repository = await fixture.reopen();
  fixture.storage.add({ operation: "write", type: "config", how: "fail" });
  await expect(applyMigration(repository, upgrade!)).rejects.toMatchObject({ code: "STORAGE_UNREACHABLE" });
  expect(await fixture.storage.stat({ type: "config", name: "" })).toBeDefined();
  expect((await fixture.reopen()).version).toBe(1);
});

test("a place with a key and packs, but no config anywhere, is no repository", async () => {
  const fixture = await versionOne(6);
  await fixture.storage.remove({ type: "config", name: "" });
  await expect(fixture.reopen()).rejects.toMatchObject({ code: "ENGINE_NO_REPOSITORY" });
});
