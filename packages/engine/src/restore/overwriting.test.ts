import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { KiB, MiB } from "@holdfast/base";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import type { TreeNode } from "../tree/node.ts";
import { CraftedSnapshot, craftedTime } from "./crafted-snapshot-fixture.ts";
import { restore, type RestoreOptions } from "./restore.ts";
import type { OverwriteMode } from "./target-parts.ts";

const timeMs = Number(craftedTime.ns / 1_000_000n);
const older = new Date(timeMs - 5000);
const newer = new Date(timeMs + 5000);

/** What may stand at a path, for the model: a text, a folder, or where a link points. */
type Thing = { readonly is: "file"; text: string } | { readonly is: "folder" } | { readonly is: "link" };
type World = Map<string, Thing>;

const names = ["a", "b", "c", "d"];
const folders = ["", "x", "y", "x/z"];

/** Below `top`, with folders before what is in them. */
function worldOf(top: string): World {
  const world: World = new Map();
  const look = (folder: string) => {
    for (const name of readdirSync(join(top, folder)).toSorted()) {
      const path = join(folder, name);
      const stats = lstatSync(join(top, path));
      if (stats.isDirectory()) {
        world.set(path, { is: "folder" });
        look(path);
      } else if (stats.isSymbolicLink()) world.set(path, { is: "link" });
      else world.set(path, { is: "file", text: readFileSync(join(top, path), "utf8") });
    }
  };
  look("");
  return world;
}

interface Case {
  readonly snapshot: World;
  readonly before: World;
  /** Paths of files that are newer than the snapshot. */
  readonly isNewer: ReadonlySet<string>;
}

/** A snapshot and a target that have much in common. */
function makeCase(random: () => number): Case {
  const below = (limit: number) => Math.floor(random() * limit);
  const thing = (): Thing =>
    below(5) === 0 ? { is: "link" } : { is: "file", text: `text ${below(3)}`.repeat(1 + below(2)) };
  const world = (): World => {
    const made: World = new Map();
    for (const folder of folders) {
      if (folder !== "" && below(3) === 0) continue;
      if (folder.includes("/") && made.get("x")?.is !== "folder") continue;
      if (folder !== "") made.set(folder, { is: "folder" });
      for (const name of names) if (below(2) === 0) made.set(join(folder, name), thing());
    }
    return made;
  };
  const before = world();
  const isNewer = new Set([...before.keys()].filter(() => below(2) === 0));
  return { snapshot: world(), before, isNewer };
}

/** What restic-format section 13 says comes out. Names never change their kind between file and folder here. */
function expectedWorld({ snapshot, before, isNewer }: Case, overwrite: OverwriteMode, deletes: boolean): World {
  const after: World = new Map(before);
  for (const [path, thing] of snapshot) {
    const there = before.get(path);
    if (there !== undefined && thing.is !== "folder") {
      if (overwrite === "never") continue;
      if (overwrite === "if-newer" && isNewer.has(path)) continue;
    }
    after.set(path, thing);
  }
  if (deletes) {
    for (const path of before.keys()) {
      const parent = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
      const isInRestored = parent === "" || snapshot.get(parent)?.is === "folder" || !after.has(parent);
      if (!snapshot.has(path) && isInRestored) after.delete(path);
    }
  }
  return after;
}

function build(top: string, { before, isNewer }: Case): void {
  mkdirSync(top, { recursive: true });
  for (const [path, thing] of before) {
    const full = join(top, path);
    const time = isNewer.has(path) ? newer : older;
    if (thing.is === "folder") mkdirSync(full);
    else if (thing.is === "link") symlinkSync("nowhere", full);
    else {
      writeFileSync(full, thing.text);
      utimesSync(full, time, time);
    }
  }
}

async function save(crafted: CraftedSnapshot, snapshot: World): Promise<TreeNode[]> {
  const nodesIn = async (folder: string): Promise<TreeNode[]> => {
    const nodes: TreeNode[] = [];
    for (const [path, thing] of snapshot) {
      const [parent, name] = path.includes("/")
        ? [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1)]
        : ["", path];
      if (parent !== folder) continue;
      if (thing.is === "folder") nodes.push(await crafted.directory(name, await nodesIn(path)));
      else if (thing.is === "link") nodes.push(crafted.link(name, "nowhere"));
      else nodes.push(await crafted.file(name, [thing.text]));
    }
    return nodes;
  };
  return nodesIn("");
}

/** Links have no time of their own in the model: those that are there are taken for old. */
function withoutLinkTimes(made: Case): Case {
  const isNewer = new Set([...made.isNewer].filter((path) => made.before.get(path)?.is === "file"));
  return { ...made, isNewer };
}

function seededFractions(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Buffer.from(random.bytes(4)).readUInt32BE(0) / 2 ** 32;
}

test.each(["always", "if-changed", "if-newer", "never"] as const)(
  "with overwrite %s, with and without deleting, the target is what the model says (32 cases, seed 31)",
  async (overwrite) => {
    const fractions = seededFractions(31);
    const { repository, reopen } = await repositoryFixture({ seed: 31 });
    const crafted = new CraftedSnapshot(repository);
    const folder = await temporaryDirectory();
    for (let round = 0; round < 8; round += 1) {
      let made = withoutLinkTimes(makeCase(fractions));
      // A link made just now is newer than any snapshot of 2020.
      const links = [...made.before].filter(([, thing]) => thing.is === "link").map(([path]) => path);
      made = { ...made, isNewer: new Set([...made.isNewer, ...links]) };
      const snapshotId = await crafted.save(await save(crafted, made.snapshot));
      const session = await reopen();
      for (const deletesForeign of [false, true]) {
        for (const sparse of [false, true]) {
          const targetDir = join(folder, `${round}-${deletesForeign}-${sparse}`);
          build(targetDir, made);
          const options = { snapshotId, targetDir, overwrite, deletesForeign, sparse };
          const dry = await restore(session, { ...options, isDryRun: true });
          expect(worldOf(targetDir), `round ${round} dry`).toEqual(sorted(made.before));
          const { problems, counts } = await restore(session, options);
          expect(problems.first).toEqual([]);
          expect(worldOf(targetDir), `round ${round}`).toEqual(sorted(expectedWorld(made, overwrite, deletesForeign)));
          expect(dry.counts, `round ${round} counts`).toEqual(counts);
          rmSync(targetDir, { recursive: true });
        }
      }
    }
  },
);

function sorted(world: World): World {
  return new Map([...world].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

describe("a large file that is there", () => {
  async function large(threads: number) {
    const fixture = await repositoryFixture({ seed: 32 });
    const crafted = new CraftedSnapshot(fixture.repository);
    const random = seededRandom(32);
    const chunks = Array.from({ length: 10 }, () => random.bytes(MiB + 512 * KiB));
    const snapshotId = await crafted.save([await crafted.file("image", chunks)]);
    const targetDir = await temporaryDirectory();
    const path = join(targetDir, "image");
    const run = async (options: Partial<RestoreOptions> = {}) => {
      const repository = await fixture.reopen();
      const callsBefore = fixture.storage.calls.length;
      const result = await restore(repository, { snapshotId, targetDir, threads, ...options });
      const reads = fixture.storage.calls
        .slice(callsBefore)
        .filter(({ operation, type }) => operation === "read" && type === "pack").length;
      return { ...result, reads };
    };
    return { whole: Buffer.concat(chunks), path, run, targetDir };
  }

  test.each([0, 2])("gets the chunks that differ and keeps the others, with %d threads", async (threads) => {
    const { whole, path, run, targetDir } = await large(threads);
    expect((await run({ verify: true })).isComplete).toBe(true);
    expect(readFileSync(path).equals(whole)).toBe(true);
    const untouched = await run();
    expect(untouched.counts).toMatchObject({ filesUnchanged: 1, bytesWritten: 0 });
    const changed = Buffer.from(whole);
    changed[3 * MiB]! ^= 1;
    writeFileSync(path, changed);
    expect((await run({ verify: true })).isComplete).toBe(true);
    expect(readFileSync(path).equals(whole)).toBe(true);
    for (const length of [0, 5 * MiB, whole.length + 10]) {
      writeFileSync(path, Buffer.concat([whole, Buffer.alloc(10)]).subarray(0, length));
      await run();
      expect(readFileSync(path).equals(whole), `from ${length} bytes`).toBe(true);
    }
    expect(readdirSync(targetDir)).toEqual(["image"]);
  });
});
