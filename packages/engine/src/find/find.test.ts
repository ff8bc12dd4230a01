import { expect, test, vi } from "vitest";
import type { BlobId, TreeId } from "../id.ts";
import { PatternList } from "../patterns/pattern-list.ts";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import { CraftedSnapshot, craftedTime } from "../restore/crafted-snapshot-fixture.ts";
import { displayPath } from "../tree/name-quoting.ts";
import { EntryFinder, type EntryQuery } from "./find-entries.ts";
import { ObjectFinder } from "./find-objects.ts";
import { WantedObjects } from "./wanted-objects.ts";

const seed = 20_273;

async function setUp() {
  const fixture = await repositoryFixture({ seed });
  const crafted = new CraftedSnapshot(fixture.repository);
  const old = { mtime: { ...craftedTime, ns: 5n } };
  const barren = await crafted.directory("barren", [
    await crafted.directory("deep", [await crafted.file("nothing", ["nothing"])]),
  ]);
  const docs = await crafted.directory("docs", [
    await crafted.file("letter.odt", ["letter"], old),
    await crafted.file("Memo.ODT", ["memo"]),
  ]);
  const tree = await crafted.tree([barren, docs, await crafted.file("top.odt", ["top"])]);
  await fixture.repository.flush();
  return { ...fixture, repository: await fixture.reopen(), tree, docs, barren };
}

type Setting = Awaited<ReturnType<typeof setUp>>;

const noFault = () => expect.fail("a fault");

async function pathsOf(finder: EntryFinder, tree: TreeId): Promise<string[]> {
  return (await Array.fromAsync(finder.find(tree, noFault))).map(({ names }) => displayPath(names));
}

interface Question extends Omit<EntryQuery, "patterns"> {
  readonly patterns: readonly string[];
  readonly ignoreCase?: boolean;
}

test.each<[string, Question, string[]]>([
  ["a name", { patterns: ["*.odt"] }, ["/docs/letter.odt", "/top.odt"]],
  ["a name in any case", { patterns: ["*.odt"], ignoreCase: true }, ["/docs/Memo.ODT", "/docs/letter.odt", "/top.odt"]],
  ["a folder and all in it", { patterns: ["docs"] }, ["/docs", "/docs/Memo.ODT", "/docs/letter.odt"]],
  ["any of several", { patterns: ["/top.odt", "deep"] }, ["/barren/deep", "/barren/deep/nothing", "/top.odt"]],
  ["what is old", { patterns: ["*.odt"], newestNs: 5n }, ["/docs/letter.odt"]],
  ["what is new", { patterns: ["*.odt"], oldestNs: 6n }, ["/top.odt"]],
  ["nothing", { patterns: ["/docs/*/x"] }, []],
])("%s is found", async (_, { patterns, ignoreCase = false, ...times }, found) => {
  const { repository, tree } = await setUp();
  const finder = new EntryFinder(repository, { patterns: new PatternList(patterns, { ignoreCase }), ...times });
  expect(await pathsOf(finder, tree)).toEqual(found);
});

test("a folder in which nothing was found is not read again, and what was found is found again", async () => {
  const { repository, tree } = await setUp();
  const finder = new EntryFinder(repository, { patterns: new PatternList(["*.odt"]) });
  // Listings are fetched by stretches, so what is counted is how many were decoded.
  const decoding = vi.spyOn(repository, "decodeBlob");
  const first = await pathsOf(finder, tree);
  expect(decoding).toHaveBeenCalledTimes(4); // top, barren, deep, docs
  decoding.mockClear();
  expect(await pathsOf(finder, tree)).toEqual(first);
  expect(decoding).toHaveBeenCalledTimes(2); // top, docs
});

test("the uses of blobs and trees are found by id, by its beginning, and by pack", async () => {
  const setting = await setUp();
  const { repository, tree, docs, barren } = setting;
  const objects = async (wanted: WantedObjects) => {
    const finder = new ObjectFinder(repository, wanted);
    const found = await Array.fromAsync(finder.find(tree, noFault));
    return found.map(({ type, names, parentTree }) => `${type} ${displayPath(names)} ${parentTree === docs.subtree}`);
  };
  const [letter] = (
    await Array.fromAsync(new EntryFinder(repository, { patterns: new PatternList(["letter*"]) }).find(tree, noFault))
  )[0]!.node.content!;
  expect(await objects(WantedObjects.byId("data", [letter!]))).toEqual(["data /docs/letter.odt true"]);
  expect(await objects(WantedObjects.byId("data", [letter!.slice(0, 8)]))).toEqual(["data /docs/letter.odt true"]);
  expect(await objects(WantedObjects.byId("tree", [barren.subtree!, tree]))).toEqual([
    "tree / false",
    "tree /barren false",
  ]);
  const [{ packId } = { packId: "" }] = repository.places("data", letter!);
  const inPack = await objects(WantedObjects.inPacks(repository, [packId.slice(0, 8)]));
  expect(inPack).toContain("data /docs/letter.odt true");
  expect([...WantedObjects.byId("data", [letter!.slice(0, 8)]).places(repository)]).toMatchObject([
    { type: "data", id: letter, place: { packId } },
  ]);
});

test.each([
  ["ENGINE_BAD_ID", () => WantedObjects.byId("data", ["abc"])],
  ["ENGINE_BAD_ID", () => WantedObjects.byId("tree", ["../../etc"])],
  ["ENGINE_NO_SUCH_PACK", ({ repository }: Setting) => WantedObjects.inPacks(repository, ["deadbeef"])],
])("what is no id, or names no pack, is refused with %s", async (code, build) => {
  const setting = await setUp();
  expect(() => build(setting)).toThrow(expect.objectContaining({ code }));
});

test("a folder that cannot be read is named and tried again in the next snapshot", async () => {
  const fixture = await repositoryFixture({ seed });
  const crafted = new CraftedSnapshot(fixture.repository);
  const lost = crafted.node("lost", "dir", { subtree: "ab".repeat(32) as BlobId });
  const tree = await crafted.tree([await crafted.directory("above", [lost])]);
  await fixture.repository.flush();
  const finder = new EntryFinder(await fixture.reopen(), { patterns: new PatternList(["x"]) });
  const faults: string[] = [];
  for (let snapshot = 0; snapshot < 2; snapshot += 1) {
    const found = finder.find(tree, (names, error) => faults.push(`${displayPath(names)} ${error.code}`));
    expect(await Array.fromAsync(found)).toEqual([]);
  }
  expect(faults).toEqual(["/above/lost ENGINE_BLOB_MISSING", "/above/lost ENGINE_BLOB_MISSING"]);
});
