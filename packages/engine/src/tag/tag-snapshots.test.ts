import { expect, test } from "vitest";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import { saveBareSnapshots, storedSnapshots } from "../snapshot/snapshot-fixture.ts";
import { changeTags, tagSnapshots, type TagChange } from "./tag-snapshots.ts";

test.each<[string[], TagChange, string[]]>([
  [["a", "b"], { set: ["x", "y"] }, ["x", "y"]],
  [["a", "b"], { set: [] }, []],
  [["a"], { add: ["b", "a", "c"], remove: [] }, ["a", "b", "c"]],
  [["a", "b", "c", "d"], { add: [], remove: ["b"] }, ["a", "d", "c"]],
  [["a", "b", "c"], { add: [], remove: ["c", "nothing"] }, ["a", "b"]],
  [["a"], { add: [], remove: ["a"] }, []],
  [[], { add: [], remove: ["a"] }, []],
  [["a"], { add: ["b"], remove: ["a"] }, ["b"]],
])("%j changed by %j are %j", (tags, change, expected) => {
  expect(changeTags(tags, change)).toEqual(expected);
});

test("a tagged snapshot says the same but for its tags, and where it comes from", async () => {
  const { repository } = await repositoryFixture({ seed: 1 });
  const otherKeys = [["label", '"kept as it was written"']] as const;
  const [plain, same] = await saveBareSnapshots(repository, [{ tags: ["a"], otherKeys }, { tags: ["b"] }]);
  const heard: string[] = [];
  const add = { add: ["b"], remove: [] };
  expect(await tagSnapshots(repository, [plain!, same!], add, (oldId, newId) => heard.push(oldId, newId))).toBe(1);
  const [tagged, untouched] = await storedSnapshots(repository);
  expect(tagged).toEqual({ ...plain, id: heard[1], tags: ["a", "b"], original: plain!.id });
  expect(untouched).toEqual(same);
  expect(heard[0]).toBe(plain!.id);
  // The first ancestor stays the one that is named.
  await tagSnapshots(repository, [tagged!], { set: [] });
  expect((await storedSnapshots(repository))[0]).toMatchObject({ tags: [], original: plain!.id, otherKeys });
});

test("cut off after any operation, every snapshot is there, old or new, and the same again ends it", async () => {
  for (const how of ["fail", "fail-after"] as const) {
    for (let nth = 1; nth <= 4; nth += 1) {
      const { repository, storage, reopen } = await repositoryFixture({ seed: 2 });
      const snapshots = await saveBareSnapshots(repository, [{}, { hostname: "other" }]);
      storage.add({ operation: ["write", "remove"], how, nth });
      const change = { set: ["x"] };
      await expect(tagSnapshots(repository, snapshots, change)).rejects.toMatchObject({ code: "STORAGE_UNREACHABLE" });
      const again = await reopen();
      const left = await storedSnapshots(again);
      for (const { id } of snapshots) expect(left.some((each) => each.id === id || each.original === id)).toBe(true);
      await tagSnapshots(again, left, change);
      expect(await storedSnapshots(again)).toMatchObject(snapshots.map(({ id }) => ({ original: id, tags: ["x"] })));
    }
  }
});
