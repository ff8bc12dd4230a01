import { expect, test } from "vitest";
import { GiB } from "@holdfast/base";
import { repositoryFixture } from "../../repository/repository-fixture.ts";
import { BlobPacker } from "../../repository/blob-packer.ts";
import { Lane, type LaneSettings } from "./lane.ts";

const settings: LaneSettings = {
  chunkerPolynomial: 0x3da3358b4dc173n,
  ignoredChanges: {},
  hasPlaces: false,
  tellsItems: false,
  notesLooks: false,
  knownTrees: undefined,
};

async function newLane(): Promise<Lane> {
  const { repository, context } = await repositoryFixture({ seed: "lane" });
  await repository.loadIndex();
  return new Lane(settings, new BlobPacker(repository.packerSetup(), context.random), context.clock);
}

test("a directory with more entries than could be read back is left out and named", async () => {
  const lane = await newLane();
  const { value, done } = lane.saveTree(new Uint8Array(GiB + 1), "/crowded").next();
  expect({ value, done }).toEqual({ value: undefined, done: true });
  expect(lane.tally.take().problems).toMatchObject([{ path: "/crowded", code: "ENGINE_DIRECTORY_TOO_LARGE" }]);
});

test("a blob is taken in once, and its bytes are counted once", async () => {
  const lane = await newLane();
  const added = { plainBytes: 0, storedBytes: 0 };
  const first = lane.save("data", Buffer.from("some bytes"), added).next().value;
  const again = lane.save("data", Buffer.from("some bytes"), added).next().value;
  expect(again).toBe(first);
  expect(added.plainBytes).toBe(10);
  expect(lane.tally.take().counts).toEqual({ dataBlobs: 1, dataAdded: 10, dataAddedPacked: added.storedBytes });
  expect(lane.packer.leftovers()).toMatchObject([{ blobs: [{ id: first }] }]);
});

test("what vanished is no problem, what cannot be read is one, and a bug is thrown", async () => {
  const lane = await newLane();
  const systemError = (code: string) => Object.assign(new Error(code), { code });
  lane.fault("/gone", systemError("ENOENT"));
  lane.fault("/closed", systemError("EACCES"));
  expect(lane.tally.take().problems).toMatchObject([{ path: "/closed", code: "ENGINE_SOURCE_UNREADABLE" }]);
  expect(() => lane.fault("/bug", new TypeError("a bug"))).toThrow("a bug");
});
