import { concatBytes, minuteMs } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import type { BlobId } from "../id.ts";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import { CraftedSnapshot } from "../restore/crafted-snapshot-fixture.ts";
import { RepositoryView } from "./repository-view.ts";
import { defaultTemplates } from "./snapshot-folders.ts";

const seed = 20_275;
const names = (path: string) =>
  path
    .split("/")
    .filter(Boolean)
    .map((name) => Buffer.from(name));

async function setUp() {
  const fixture = await repositoryFixture({ seed });
  const crafted = new CraftedSnapshot(fixture.repository);
  const random = seededRandom(seed);
  const chunks = Array.from({ length: 40 }, (_, at) => random.bytes(1000 + at * 37));
  await crafted.save([
    await crafted.directory("d", [await crafted.file("large", chunks), crafted.link("link", "large")]),
    crafted.node("pipe", "fifo"),
    crafted.node("broken", "file", { content: ["ab".repeat(32) as BlobId], size: 3n }),
  ]);
  const repository = await fixture.reopen();
  const view = new RepositoryView(repository, {}, defaultTemplates);
  return { ...fixture, crafted, view, bytes: concatBytes(chunks) };
}

const listed = async (view: RepositoryView, path: string) =>
  [...((await view.list(names(path))) ?? [])].map(({ name, kind }) => `${kind} ${name}`);

test("snapshots are folders, with what they hold below them", async () => {
  const { view } = await setUp();
  expect(await listed(view, "/")).toEqual([
    "directory ids",
    "directory snapshots",
    "directory hosts",
    "directory tags",
  ]);
  expect(await listed(view, "/snapshots/latest")).toEqual(["file broken", "directory d"]);
  expect(await listed(view, "/snapshots/latest/d")).toEqual(["file large", "file link"]);
  for (const path of ["/nothing", "/snapshots/latest/pipe", "/snapshots/latest/d/large/x"]) {
    expect(await view.find(names(path))).toBeUndefined();
  }
  expect(await view.list(names("/snapshots/latest/d/large"))).toBeUndefined();
  expect(await view.open(names("/snapshots/latest/d"))).toBeUndefined();
});

test("any range of a file is its bytes, whichever chunks they are in (seed 20275)", async () => {
  const { view, bytes } = await setUp();
  const file = (await view.open(names("/snapshots/latest/d/large")))!;
  expect(file.sizeBytes).toBe(bytes.byteLength);
  const random = seededRandom(seed);
  const below = (limit: number) => new DataView(random.bytes(4).buffer).getUint32(0) % limit;
  const ranges = Array.from({ length: 200 }, () =>
    [below(bytes.byteLength), below(bytes.byteLength)].sort((l, r) => l - r),
  );
  for (const [start, end] of [[0, bytes.byteLength], [0, 0], [0, 1], [999, 1001], [1000, 2037], ...ranges]) {
    const read = concatBytes(await Array.fromAsync(file.read(start!, end!)));
    expect(Buffer.compare(read, bytes.subarray(start, end))).toBe(0);
  }
});

test("a chunk that is read again is not fetched again", async () => {
  const { view, storage } = await setUp();
  const file = (await view.open(names("/snapshots/latest/d/large")))!;
  await Array.fromAsync(file.read(0, 100));
  const before = storage.calls.length;
  for (let at = 0; at < 50; at += 1) await Array.fromAsync(file.read(at * 10, at * 10 + 10));
  expect(storage.calls.length).toBe(before);
});

test("a symlink is a file that holds its target, and a file of which a part is gone says so", async () => {
  const { view } = await setUp();
  const link = (await view.open(names("/snapshots/latest/d/link")))!;
  expect(Buffer.concat(await Array.fromAsync(link.read(0, link.sizeBytes))).toString()).toBe("large");
  await expect(view.open(names("/snapshots/latest/broken"))).rejects.toMatchObject({ code: "ENGINE_BLOB_MISSING" });
});

test("a new snapshot is seen after a minute and not before", async () => {
  const { view, crafted, clock } = await setUp();
  const count = async () => (await listed(view, "/ids")).length;
  expect(await count()).toBe(1);
  await crafted.save([await crafted.file("new", ["new"])]);
  clock.advanceMs(minuteMs - 1);
  expect(await count()).toBe(1);
  clock.advanceMs(1);
  expect(await count()).toBe(2);
});
