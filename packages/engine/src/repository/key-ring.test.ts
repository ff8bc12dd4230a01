import { memoryStorage } from "@holdfast/storage";
import { describe, expect, test } from "vitest";
import { parseId } from "../id.ts";
import { saveBareSnapshots, storedSnapshots } from "../snapshot/snapshot-fixture.ts";
import { Repository } from "./repository.ts";
import { repositoryFixture, testOwner, testPassword, type RepositoryFixture } from "./repository-fixture.ts";

const another = { ...testOwner, username: "ann", password: "another", kdf: { N: 2, r: 1, p: 1 } };
const never = (): never => expect.unreachable("no key is damaged");

function openWith({ storage, context }: RepositoryFixture, password: string): Promise<Repository> {
  return Repository.open(storage, { password }, context);
}

test("an added password opens the repository beside the first, until it is removed", async () => {
  const fixture = await repositoryFixture({ seed: 1 });
  const { repository, clock } = fixture;
  clock.advanceMs(1000);
  const id = await repository.keys.add(another);
  const opened = await openWith(fixture, "another");
  expect(opened.id).toBe(repository.id);
  expect(await repository.keys.list(never)).toMatchObject([
    { username: "tester", hostname: "testhost", isCurrent: true },
    { id, username: "ann", isCurrent: false, createdAt: { ns: BigInt(clock.nowMs()) * 1_000_000n } },
  ]);
  expect((await opened.keys.list(never)).map(({ isCurrent }) => isCurrent)).toEqual([false, true]);

  await expect(opened.keys.remove(id)).rejects.toMatchObject({ code: "ENGINE_KEY_IN_USE" });
  await repository.keys.remove(id);
  await expect(openWith(fixture, "another")).rejects.toMatchObject({ code: "ENGINE_WRONG_PASSWORD" });
  await openWith(fixture, testPassword);
});

test("a changed password takes the place of the old one, and the session goes on with it", async () => {
  const fixture = await repositoryFixture({ seed: 2 });
  const { repository } = fixture;
  const id = await repository.keys.changePassword(another);
  expect(await repository.keys.list(never)).toMatchObject([{ id, isCurrent: true }]);
  await expect(openWith(fixture, testPassword)).rejects.toMatchObject({ code: "ENGINE_WRONG_PASSWORD" });
  await openWith(fixture, "another");
  await expect(repository.keys.remove(id)).rejects.toMatchObject({ code: "ENGINE_KEY_IN_USE" });
});

test("an empty password must be meant", async () => {
  const fixture = await repositoryFixture({ seed: 3 });
  const { keys } = fixture.repository;
  await expect(keys.add({ ...another, password: "" })).rejects.toMatchObject({ code: "ENGINE_BAD_PASSWORD" });
  await keys.add({ ...another, password: "", allowsEmptyPassword: true });
  await openWith(fixture, "");
});

test("a key file that is none is named, and does not hide the others", async () => {
  const { repository, storage } = await repositoryFixture({ seed: 4 });
  const name = "ef".repeat(32);
  await storage.write({ type: "key", name }, Buffer.from("{}"));
  const damaged: string[] = [];
  const keys = await repository.keys.list((id, { code }) => damaged.push(`${id} ${code}`));
  expect(keys).toHaveLength(1);
  expect(damaged).toEqual([`${parseId(name)} ENGINE_KEY_DAMAGED`]);
});

describe("cut off after any operation, or with a faulty answer, the repository still opens:", () => {
  const changes = {
    add: (repository: Repository) => repository.keys.add(another),
    passwd: (repository: Repository) => repository.keys.changePassword(another),
  };
  const faults = ["fail", "fail-after", "cut-short", "corrupt", "break-off", "pretend"] as const;
  test.each(Object.entries(changes))("key %s", async (_, change) => {
    for (const how of faults) {
      for (let nth = 1; ; nth += 1) {
        const inner = memoryStorage();
        const { repository, storage, context } = await repositoryFixture({ seed: 5, storage: inner });
        const snapshots = await saveBareSnapshots(repository, [{}]);
        storage.add({ operation: ["read", "write", "remove", "stat"], how, nth, times: how === "fail" ? 1e9 : 1 });
        await change(repository).catch(() => {});
        if (storage.hits === 0) break;
        const after = await Promise.any(
          [testPassword, another.password].map((password) => Repository.open(inner, { password }, context)),
        );
        expect(await storedSnapshots(after), `${how} at ${nth}`).toEqual(snapshots);
      }
    }
  });
});
