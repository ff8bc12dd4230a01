import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { KiB, MiB } from "@holdfast/base";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { readAttributes } from "../filesystem/extended-attributes.ts";
import type { SnapshotId } from "../id.ts";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import { CraftedSnapshot, craftedTime } from "./crafted-snapshot-fixture.ts";
import { restore, type RestoreOptions } from "./restore.ts";
import { RestoreTally, type RestoreProgress } from "./restore-tally.ts";
import { temporaryName } from "./target-file.ts";

const seed = 20_263;
const isRoot = process.getuid?.() === 0;

async function setUp() {
  const fixture = await repositoryFixture({ seed });
  const crafted = new CraftedSnapshot(fixture.repository);
  const target = join(await temporaryDirectory(), "target");
  const run = async (snapshotId: SnapshotId, options: Partial<RestoreOptions> = {}) =>
    restore(await fixture.reopen(), { snapshotId, targetDir: target, ...options });
  return { ...fixture, fixture, crafted, target, run };
}

const bytes = (path: string) => Buffer.from(path, "latin1");

describe("what comes back", () => {
  test("is content, names as bytes, modes and times of files, directories and links", async () => {
    const { crafted, target, run } = await setUp();
    const inner = [
      await crafted.file('\xff\n"name', ["con", "tent"], { permissions: 0o640 }),
      await crafted.file("empty", [], { permissions: 0o400 }),
      crafted.link("dangling", "to/\xfe/nowhere"),
    ];
    const early = { ns: -1_000_000_001n, offsetS: 0 };
    const snapshot = await crafted.save([
      await crafted.directory("dir", inner, { permissions: 0o555, mtime: early }),
      await crafted.directory("shared", [], { permissions: 0o1777 }),
      await crafted.file("setuid", ["#!"], { permissions: 0o6755 }),
    ]);
    const result = await run(snapshot);
    expect(result).toMatchObject({ isComplete: true, problems: { count: 0 } });
    expect(result.counts).toMatchObject({ files: 3, directories: 2, others: 1, bytesWritten: 9 });
    expect(readFileSync(bytes(`${target}/dir/\xff\n"name`), "utf8")).toBe("content");
    expect(readlinkSync(bytes(`${target}/dir/dangling`), { encoding: "latin1" })).toBe("to/\xfe/nowhere");
    const modeOf = (path: string) => lstatSync(bytes(`${target}/${path}`)).mode & 0o7777;
    expect(["dir", "shared", "setuid", "dir/empty", 'dir/\xff\n"name'].map(modeOf)).toEqual([
      0o555, 0o1777, 0o6755, 0o400, 0o640,
    ]);
    const mtimeOf = (path: string) => lstatSync(bytes(`${target}/${path}`), { bigint: true }).mtimeNs;
    expect(mtimeOf("dir")).toBe(early.ns);
    expect(["dir/dangling", "dir/empty", "setuid", "shared"].map(mtimeOf)).toEqual(Array(4).fill(craftedTime.ns));
    // Into a directory that is read-only by now it is restored again all the same.
    chmodSync(join(target, "dir"), 0o755);
    unlinkSync(join(target, "dir/empty"));
    chmodSync(join(target, "dir"), 0o555);
    expect(await run(snapshot)).toMatchObject({ isComplete: true, counts: { filesUnchanged: 2 } });
    expect(modeOf("dir")).toBe(0o555);
    chmodSync(join(target, "dir"), 0o755);
  });

  test("is hard links as links, fifos, and extended attributes", async () => {
    const { crafted, target, run } = await setUp();
    const twoNames = { inode: 5n, deviceId: 9n, links: 2n };
    const attributes = [{ name: Buffer.from("user.note"), value: Buffer.from([0, 255]) }];
    const snapshot = await crafted.save([
      await crafted.directory("a", [await crafted.file("one", ["x"], { ...twoNames, extendedAttributes: attributes })]),
      await crafted.directory("b", [await crafted.file("two", ["x"], twoNames)]),
      crafted.node("fifo", "fifo", { permissions: 0o622, links: 0n }),
    ]);
    const { counts } = await run(snapshot);
    expect(counts).toMatchObject({ files: 1, hardLinks: 1, others: 1, bytesWritten: 1 });
    expect(lstatSync(join(target, "a/one")).ino).toBe(lstatSync(join(target, "b/two")).ino);
    expect(readAttributes(bytes(join(target, "a/one")))).toEqual(attributes);
    const fifo = lstatSync(join(target, "fifo"));
    expect([fifo.isFIFO(), fifo.mode & 0o777]).toEqual([true, 0o622]);
  });

  test("is owners and devices for root; for others it is counted what only root may set, and setuid is not given away", async () => {
    const { crafted, target, run } = await setUp();
    const stranger = { uid: 12_345, gid: 54_321 };
    const snapshot = await crafted.save([
      await crafted.file("owned", ["x"], { ...stranger, permissions: 0o6711 }),
      { ...crafted.link("link", "x"), ...stranger },
    ]);
    const { withheld, isComplete } = await run(snapshot);
    expect(isComplete).toBe(true);
    const { uid, mode } = lstatSync(join(target, "owned"));
    expect([uid === stranger.uid, (mode & 0o6000) !== 0]).toEqual([isRoot, isRoot]);
    expect(lstatSync(join(target, "link")).uid === stranger.uid).toBe(isRoot);
    expect(withheld.owners).toBe(isRoot ? 0 : 2);
  });

  test("is holes instead of zeros when asked for", async () => {
    const { crafted, target, run } = await setUp();
    const end = Buffer.alloc(100 * KiB);
    end.write("end", 99 * KiB);
    const chunks = [Buffer.alloc(512 * KiB), "middle", Buffer.alloc(512 * KiB), end, Buffer.alloc(8192)];
    const snapshot = await crafted.save([await crafted.file("image", chunks)]);
    await run(snapshot, { sparse: true });
    expect(readFileSync(join(target, "image")).equals(Buffer.concat(chunks.map((chunk) => Buffer.from(chunk))))).toBe(
      true,
    );
    expect(lstatSync(join(target, "image")).blocks * 512).toBeLessThan(64 * KiB);
  });

  test("is a file larger than what is fetched at once, chunk by chunk", async () => {
    const { crafted, target, run } = await setUp();
    const random = seededRandom(seed);
    const chunks = Array.from({ length: 5 }, () => random.bytes(8 * MiB));
    const snapshot = await crafted.save([await crafted.file("large", chunks), await crafted.file("small", ["x"])]);
    expect((await run(snapshot, { verify: true })).isComplete).toBe(true);
    expect(readFileSync(join(target, "large")).equals(Buffer.concat(chunks))).toBe(true);
  });

  test("is only what is asked for, with the directories on the way to it", async () => {
    const { crafted, target, run } = await setUp();
    const snapshot = await crafted.save([
      await crafted.directory("a", [await crafted.file("x.txt", ["1"]), await crafted.file("y.log", ["2"])], {
        permissions: 0o711,
      }),
      await crafted.directory("b", [await crafted.file("x.log", ["3"])]),
    ]);
    const list = () => (readdirSync(target, { recursive: true }) as string[]).toSorted();
    await run(snapshot, { include: ["*.txt"] });
    expect(list()).toEqual(["a", "a/x.txt"]);
    expect(lstatSync(join(target, "a")).mode & 0o777).toBe(0o711);
    await run(snapshot, { exclude: ["*.txt", "/a"] });
    expect(list()).toEqual(["a", "a/x.txt", "b", "b/x.log"]);
    await run(snapshot, { subfolder: [Buffer.from("b")] });
    expect(list()).toEqual(["a", "a/x.txt", "b", "b/x.log", "x.log"]);
    await expect(run(snapshot, { subfolder: [Buffer.from("c")] })).rejects.toMatchObject({
      code: "ENGINE_PATH_MISSING",
    });
    await expect(run(snapshot, { subfolder: [Buffer.from("b"), Buffer.from("x.log")] })).rejects.toMatchObject({
      code: "ENGINE_PATH_MISSING",
    });
    await expect(run(snapshot, { include: ["a"], exclude: ["b"] })).rejects.toMatchObject({
      code: "ENGINE_BAD_PATTERN",
    });
  });
});

describe("files that are there already", () => {
  const older = new Date(Number(craftedTime.ns / 1_000_000n) - 1000);
  const newer = new Date(Number(craftedTime.ns / 1_000_000n) + 1000);
  const write = (path: string, content: string, mtime: Date) => {
    writeFileSync(path, content);
    utimesSync(path, mtime, mtime);
  };

  test.each([
    ["always", "older", "new!"],
    ["always", "newer", "new!"],
    ["if-changed", "newer", "new!"],
    ["if-newer", "older", "new!"],
    ["if-newer", "newer", "old!"],
    ["never", "older", "old!"],
  ] as const)("with overwrite %s an %s one becomes %s", async (overwrite, age, expected) => {
    const { crafted, target, run } = await setUp();
    mkdirSync(target);
    write(join(target, "file"), "old!", age === "older" ? older : newer);
    chmodSync(join(target, "file"), 0o600);
    const { counts } = await run(await crafted.save([await crafted.file("file", ["new!"])]), { overwrite });
    expect(readFileSync(join(target, "file"), "utf8")).toBe(expected);
    expect(lstatSync(join(target, "file")).mode & 0o777).toBe(expected === "new!" ? 0o644 : 0o600);
    expect(counts.filesSkipped).toBe(expected === "new!" ? 0 : 1);
    expect(readdirSync(target)).toEqual(["file"]);
  });

  test("if-changed trusts size and time, always trusts nothing", async () => {
    const { crafted, target, run } = await setUp();
    const snapshot = await crafted.save([await crafted.file("file", ["right"])]);
    await run(snapshot);
    const { native } = await import("../filesystem/native.ts");
    writeFileSync(join(target, "file"), "wrong");
    native!.setTimes(bytes(join(target, "file")), craftedTime.ns, craftedTime.ns);
    expect((await run(snapshot, { overwrite: "if-changed" })).counts.filesUnchanged).toBe(1);
    expect(readFileSync(join(target, "file"), "utf8")).toBe("wrong");
    expect((await run(snapshot, { overwrite: "always" })).counts.filesUnchanged).toBe(0);
    expect(readFileSync(join(target, "file"), "utf8")).toBe("right");
  });

  test("stay as they are when their content is right, and get their metadata", async () => {
    const { crafted, target, run } = await setUp();
    const snapshot = await crafted.save([await crafted.file("file", ["con", "tent"])]);
    await run(snapshot);
    const { ino } = lstatSync(join(target, "file"));
    chmodSync(join(target, "file"), 0o600);
    const { counts } = await run(snapshot);
    expect(counts).toMatchObject({ filesUnchanged: 1, bytesWritten: 0 });
    expect(lstatSync(join(target, "file"))).toMatchObject({ ino });
    expect(lstatSync(join(target, "file")).mode & 0o777).toBe(0o644);
  });

  test("are replaced and not written through when they have another name elsewhere", async () => {
    const { crafted, target, run } = await setUp();
    mkdirSync(target);
    const elsewhere = join(target, "..", "elsewhere");
    writeFileSync(elsewhere, "mine");
    linkSync(elsewhere, join(target, "file"));
    chmodSync(elsewhere, 0o600);
    await run(await crafted.save([await crafted.file("file", ["mine"])]));
    expect(lstatSync(elsewhere)).toMatchObject({ nlink: 1 });
    expect(lstatSync(elsewhere).mode & 0o777).toBe(0o600);
  });

  test("of another kind make room, but a directory with something in it does not", async () => {
    const { crafted, target, run } = await setUp();
    mkdirSync(join(target, "full"), { recursive: true });
    mkdirSync(join(target, "empty"));
    writeFileSync(join(target, "full/precious"), "");
    symlinkSync("/etc/hostname", join(target, "link"));
    writeFileSync(join(target, "dir"), "");
    const names = ["full", "empty", "link"];
    const files = await Promise.all(names.map((name) => crafted.file(name, [name])));
    const snapshot = await crafted.save([...files, await crafted.directory("dir", [])]);
    const { problems } = await run(snapshot);
    expect(problems.first).toMatchObject([{ path: "/full", code: "ENGINE_TARGET_FAILED" }]);
    expect(existsSync(join(target, "full/precious"))).toBe(true);
    expect(lstatSync(join(target, "link")).isFile()).toBe(true);
    expect(readFileSync(join(target, "empty"), "utf8")).toBe("empty");
    expect(lstatSync(join(target, "dir")).isDirectory()).toBe(true);
  });

  test("a restore that was interrupted is completed by the next, and leaves nothing of its own behind", async () => {
    const { crafted, target, run } = await setUp();
    const snapshot = await crafted.save([await crafted.file("a", ["1", "2"]), await crafted.file("b", ["3"])]);
    mkdirSync(target);
    writeFileSync(join(target, "a"), "1"); // as far as the first one came
    writeFileSync(bytes(join(target, temporaryName(bytes("a")).toString())), "half");
    expect((await run(snapshot)).isComplete).toBe(true);
    expect(readdirSync(target).toSorted()).toEqual(["a", "b"]);
    expect(readFileSync(join(target, "a"), "utf8")).toBe("12");
  });
});

describe("a restore never leaves its target", () => {
  test("when a symlink stands where a directory belongs", async () => {
    const { crafted, target, run } = await setUp();
    const outside = join(target, "../outside");
    mkdirSync(outside);
    mkdirSync(target);
    symlinkSync(outside, join(target, "dir"));
    await run(await crafted.save([await crafted.directory("dir", [await crafted.file("file", ["x"])])]));
    expect(readdirSync(outside)).toEqual([]);
    expect(readFileSync(join(target, "dir/file"), "utf8")).toBe("x");
  });

  test("when a symlink stands where a file belongs, or its temporary name", async () => {
    const { crafted, target, run } = await setUp();
    const sentinel = join(target, "../sentinel");
    writeFileSync(sentinel, "untouched");
    mkdirSync(target);
    symlinkSync(sentinel, join(target, "a"));
    writeFileSync(join(target, "b"), "in the way");
    symlinkSync(sentinel, join(target, temporaryName(bytes("b")).toString()));
    await run(await crafted.save([await crafted.file("a", ["x"]), await crafted.file("b", ["y"])]));
    expect(readFileSync(sentinel, "utf8")).toBe("untouched");
    expect([readFileSync(join(target, "a"), "utf8"), readFileSync(join(target, "b"), "utf8")]).toEqual(["x", "y"]);
  });

  const entry = (name: string, more: string) =>
    `{"name":"${name}","mtime":"2020-01-01T00:00:00Z","atime":"2020-01-01T00:00:00Z","ctime":"2020-01-01T00:00:00Z","mode":493,${more}}`;

  test.each(["..", ".", "", "../sentinel", "/etc/sentinel", "a/b", "a\\\\x00b", "\\\\x2e\\\\x2e"])(
    "when the snapshot has an entry called %j: it is left out and named, the next one is restored",
    async (name) => {
      const { crafted, target, run } = await setUp();
      const nodes = [entry(name, '"type":"file","content":[]'), entry("good", '"type":"file","content":[]')];
      const snapshot = await crafted.save(await crafted.rawTree(Buffer.from(`{"nodes":[${nodes.join(",")}]}\n`)));
      const { problems, isComplete } = await run(snapshot);
      expect(isComplete).toBe(false);
      expect(problems).toMatchObject({ count: 1, first: [{ code: "ENGINE_ENTRY_REFUSED" }] });
      expect(readdirSync(target)).toEqual(["good"]);
      expect(readdirSync(join(target, ".."))).toEqual(["target"]);
    },
  );

  test("when the snapshot has a symlink and then a directory of the same name", async () => {
    const { crafted, target, run } = await setUp();
    const inside = await crafted.tree([await crafted.file("planted", ["x"])]);
    const outside = join(target, "../outside");
    mkdirSync(outside);
    const nodes = [
      entry("a", `"type":"symlink","linktarget":"${outside}"`),
      entry("a", `"type":"dir","subtree":"${inside}"`),
    ];
    for (const order of [nodes, nodes.toReversed()]) {
      const snapshot = await crafted.save(await crafted.rawTree(Buffer.from(`{"nodes":[${order.join(",")}]}\n`)));
      const { problems } = await run(snapshot);
      expect(problems).toMatchObject({ count: 1, first: [{ path: "/a", code: "ENGINE_ENTRY_REFUSED" }] });
      expect(readdirSync(outside)).toEqual([]);
    }
  });

  test("when a hard link's first name was swapped for a symlink meanwhile", async () => {
    const { crafted, target, run } = await setUp();
    const sentinel = join(target, "../sentinel");
    writeFileSync(sentinel, "untouched");
    chmodSync(sentinel, 0o600);
    const twoNames = { inode: 5n, deviceId: 9n, links: 2n };
    // "a" is restored as a link, so the name that "b" links to is a symlink by then.
    const snapshot = await crafted.save([
      crafted.link("a", sentinel, twoNames),
      await crafted.file("b", ["x"], { ...twoNames, permissions: 0o777 }),
    ]);
    await run(snapshot);
    expect(readFileSync(sentinel, "utf8")).toBe("untouched");
    expect(lstatSync(sentinel)).toMatchObject({ nlink: 1 });
    expect(lstatSync(sentinel).mode & 0o777).toBe(0o600);
  });
});

describe("damage costs the files it hit and no others", () => {
  async function damagedSetUp() {
    const parts = await setUp();
    const { crafted, fixture, storage } = parts;
    const random = seededRandom(seed);
    const hit = await crafted.file("hit", [random.bytes(1000), random.bytes(100 * KiB)]);
    const snapshot = await crafted.save([
      await crafted.directory("dir", [hit, await crafted.file("kept", ["1"])]),
      { ...hit, name: Buffer.from("also-hit") },
      await crafted.file("fine", ["2"]),
    ]);
    const place = (await fixture.reopen()).places("data", hit.content![1]!)[0]!;
    const pack = { type: "pack", name: place.packId } as const;
    /** Flips a bit in the middle of the larger chunk. */
    const flip = async () => {
      const stored = Buffer.from(await storage.read(pack));
      stored[place.offset + (place.length >> 1)]! ^= 1;
      await storage.remove(pack);
      await storage.write(pack, stored);
    };
    return { ...parts, snapshot, pack, flip };
  }

  test("when a bit of a pack has flipped", async () => {
    const { run, snapshot, target, flip } = await damagedSetUp();
    await flip();
    const { problems, isComplete } = await run(snapshot);
    expect(isComplete).toBe(false);
    expect(problems.first).toMatchObject([
      { path: "/also-hit", code: "ENGINE_PACK_DAMAGED" },
      { path: "/dir/hit", code: "ENGINE_PACK_DAMAGED" },
    ]);
    expect((readdirSync(target, { recursive: true }) as string[]).toSorted()).toEqual(["dir", "dir/kept", "fine"]);
  });

  test("when a pack is gone", async () => {
    const { run, snapshot, target, storage, pack } = await damagedSetUp();
    await storage.remove(pack);
    const { problems } = await run(snapshot);
    expect(problems.first.map(({ path }) => path)).toEqual(["/also-hit", "/dir/hit", "/dir/kept", "/fine"]);
    expect(readdirSync(target)).toEqual(["dir"]);
  });

  test("when a chunk is in no index", async () => {
    const { run, crafted, target } = await setUp();
    const unknown = "ab".repeat(32) as SnapshotId;
    const snapshot = await crafted.save([
      crafted.node("hit", "file", { content: [unknown], size: 5n }),
      await crafted.file("fine", ["2"]),
    ]);
    const { problems } = await run(snapshot);
    expect(problems.first).toMatchObject([{ path: "/hit", code: "ENGINE_BLOB_MISSING" }]);
    expect(readdirSync(target)).toEqual(["fine"]);
  });

  test("when a directory's listing is gone, the directory is named", async () => {
    const { run, crafted, target } = await setUp();
    const snapshot = await crafted.save([
      crafted.node("broken", "dir", { subtree: "cd".repeat(32) as SnapshotId }),
      await crafted.file("fine", ["2"]),
    ]);
    const { problems } = await run(snapshot);
    expect(problems.first).toMatchObject([{ path: "/broken", code: "ENGINE_BLOB_MISSING" }]);
    expect(readdirSync(target).toSorted()).toEqual(["broken", "fine"]);
  });

  test("and a file in the way stays as it was when its replacement cannot be had", async () => {
    const { run, crafted, target } = await setUp();
    mkdirSync(target);
    writeFileSync(join(target, "hit"), "old");
    const node = await crafted.file("hit", ["some"]);
    const broken = { ...node, content: [...node.content!, "ab".repeat(32) as SnapshotId], size: 9n };
    await run(await crafted.save([broken]));
    expect(readFileSync(join(target, "hit"), "utf8")).toBe("old");
    expect(readdirSync(target)).toEqual(["hit"]);
  });

  test("but a storage that is away ends the restore, and the next one completes it", async () => {
    const { run, snapshot, target, storage } = await damagedSetUp();
    storage.add({ operation: "read", type: "pack", how: "fail", nth: 2, times: 1 });
    await expect(run(snapshot)).rejects.toMatchObject({ code: "STORAGE_UNREACHABLE" });
    expect(storage.hits).toBe(1);
    expect((await run(snapshot)).isComplete).toBe(true);
    expect(readdirSync(target).toSorted()).toEqual(["also-hit", "dir", "fine"]);
  });
});

test("progress ends with everything done, whether the snapshot knew the totals or not", async () => {
  const { crafted, target, fixture } = await setUp();
  const snapshotId = await crafted.save([await crafted.file("a", ["12"]), await crafted.file("b", ["345"])]);
  const seen: RestoreProgress[] = [];
  await restore(await fixture.reopen(), { snapshotId, targetDir: target }, (progress) => seen.push(progress));
  const end = { totalFiles: 2, filesDone: 2, totalBytes: 5, bytesDone: 5, currentFiles: [], errorCount: 0 };
  expect(seen.at(-1)).toMatchObject(end);
  const tally = new RestoreTally(fixture.clock, (progress) => seen.push(progress));
  tally.expect({ files: 2, bytes: 5 });
  tally.planned(5);
  tally.finish();
  expect(seen.at(-1)).toMatchObject({ totalFiles: 2, totalBytes: 5, filesDone: 0 });
});

test("told to stop, it leaves no half file under its name", async () => {
  const { crafted, target, fixture } = await setUp();
  const snapshotId = await crafted.save([await crafted.file("file", ["first", "second"])]);
  const stop = new AbortController();
  const stopAtOnce = () => stop.abort(new Error("told to stop"));
  const restoring = restore(await fixture.reopen(), { snapshotId, targetDir: target }, stopAtOnce, stop.signal);
  await expect(restoring).rejects.toThrow("told to stop");
  expect(readdirSync(target)).toEqual([]);
});

test("a snapshot that is not there is named in the error", async () => {
  const { run } = await setUp();
  await expect(run("ef".repeat(32) as SnapshotId)).rejects.toMatchObject({ kind: "missing" });
});
