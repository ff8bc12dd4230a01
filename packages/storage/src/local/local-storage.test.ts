import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog, type Log } from "@holdfast/base";
import { storageConformance, temporaryDirectory } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { storageErrors } from "../errors.ts";
import type { FileHandle } from "../storage.ts";
import { nodeDisk, type Disk, type NewFile } from "./disk.ts";
import { localStorage } from "./local-storage.ts";

storageConformance("local storage", async () => localStorage(join(await temporaryDirectory(), "repository")));
const config: FileHandle = { type: "config", name: "" };
const pack: FileHandle = { type: "pack", name: "ab".repeat(32) };
const bytes = new Uint8Array(3000).fill(7);

test("the layout and the modes are restic's", async () => {
  const root = join(await temporaryDirectory(), "deep", "repository");
  const storage = localStorage(root);
  await storage.create();
  expect((await readdir(root)).sort()).toEqual(["data", "index", "keys", "locks", "snapshots"]);
  expect(await readdir(join(root, "data"))).toHaveLength(256);
  await storage.write(config, bytes);
  await storage.write(pack, bytes);
  const path = join(root, "data", "ab", pack.name);
  expect((await stat(path)).mode & 0o777).toBe(0o400);
  expect((await stat(root)).mode & 0o777).toBe(0o700);
  expect(await readdir(join(root, "data", "ab"))).toEqual([pack.name]);
});

test("a repository that its group may read stays so", async () => {
  const root = await temporaryDirectory();
  await localStorage(root).create();
  await localStorage(root).write(config, bytes);
  await chmod(join(root, "config"), 0o440);
  await localStorage(root).write(pack, bytes);
  expect((await stat(join(root, "data", "ab", pack.name))).mode & 0o777).toBe(0o440);
});

test("a missing folder is made in a repository, and not where there is none", async () => {
  const root = await temporaryDirectory();
  const storage = localStorage(root);
  await expect(storage.write(pack, bytes)).rejects.toMatchObject({ code: storageErrors.missing.code });
  await expect(Array.fromAsync(storage.list("snapshot"))).rejects.toMatchObject({ code: storageErrors.missing.code });
  expect(await readdir(root)).toEqual([]);
  await writeFile(join(root, "config"), "x");
  expect(await Array.fromAsync(storage.list("snapshot"))).toEqual([]);
  expect(await Array.fromAsync(storage.list("pack"))).toEqual([]);
  await storage.write(pack, bytes);
  expect(await storage.stat(pack)).toEqual({ name: pack.name, sizeBytes: 3000 });
});

test("listings leave out what is not a file of the repository", async () => {
  const root = await temporaryDirectory();
  const storage = localStorage(root);
  await storage.create();
  await storage.write(pack, bytes);
  await writeFile(join(root, "data", "cd".repeat(32)), "no shard");
  await writeFile(join(root, "data", "ab", `${pack.name}-tmp-0123456789abcdef`), "temporary");
  await writeFile(join(root, "data", "ab", "AB".repeat(32)), "upper case");
  await mkdir(join(root, "data", "ab", "ef".repeat(32)));
  await symlink("nowhere", join(root, "data", "ab", "12".repeat(32)));
  await rm(join(root, "data", "00"), { recursive: true });
  await writeFile(join(root, "data", "00"), "not a folder");
  expect(await Array.fromAsync(storage.list("pack"))).toEqual([{ name: pack.name, sizeBytes: 3000 }]);
});

test("a path that leads through a file is named as a bad address", async () => {
  const file = join(await temporaryDirectory(), "file");
  await writeFile(file, "x");
  for (const storage of [localStorage(file), localStorage(join(file, "below"))]) {
    await expect(storage.create()).rejects.toMatchObject({ code: storageErrors.badAddress.code });
    await expect(storage.stat(config)).rejects.toMatchObject({ code: storageErrors.badAddress.code });
  }
});

describe("when the disk fails", () => {
  const cases = [
    ["ENOSPC", storageErrors.full],
    ["EDQUOT", storageErrors.full],
    ["EROFS", storageErrors.denied],
    ["EACCES", storageErrors.denied],
    ["EIO", storageErrors.unreachable],
    ["EMFILE", storageErrors.unreachable],
  ] as const;
  const steps = ["createFile", "append", "setMode", "sync", "close", "link", "syncDirectory"] as const;

  test("every failing step of a write says what happened and leaves nothing behind, and the next write succeeds", async () => {
    const root = await temporaryDirectory();
    const disk = breakableDisk();
    const storage = localStorage(root, { disk });
    await storage.create();
    for (const [systemCode, entry] of cases) {
      for (const step of steps) {
        const struckBefore = disk.struck;
        disk.failOnce(step, systemCode);
        const failure = await storage.write(pack, bytes).then(
          () => undefined,
          (error: unknown) => error,
        );
        const left = await readdir(join(root, "data", "ab"));
        const struck = disk.struck - struckBefore;
        expect({ step, systemCode, failure, left, struck }).toMatchObject({
          failure: { code: entry.code },
          left: [],
          struck: 1,
        });
        await storage.write(pack, bytes);
        await storage.remove(pack);
      }
    }
  });

  test("an error of the body is not taken for one of the disk, even when it has the same code", async () => {
    const storage = localStorage(await temporaryDirectory());
    await storage.create();
    const broken = Object.assign(new Error("no space where the source is spooled"), { code: "ENOSPC" });
    const pieces = (async function* () {
      yield bytes;
      throw broken;
    })();
    await expect(storage.write(pack, { sizeBytes: 6000, pieces })).rejects.toBe(broken);
  });

  test("a file system that cannot sync is used, with one warning", async () => {
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warn: (message) => warnings.push(message) };
    const root = await temporaryDirectory();
    const disk = breakableDisk();
    const storage = localStorage(root, { disk, log });
    await storage.create();
    disk.failAlways("sync", "ENOTSUP");
    disk.failAlways("syncDirectory", "EINVAL");
    await storage.write(config, bytes);
    await storage.write(pack, bytes);
    expect(await storage.read(pack)).toEqual(bytes);
    expect(warnings).toHaveLength(1);
  });

  test("content is synced before the name appears, and the name before the write is answered", async () => {
    const disk = breakableDisk();
    const storage = localStorage(await temporaryDirectory(), { disk });
    await storage.create();
    disk.steps.length = 0;
    await storage.write(pack, bytes);
    expect(disk.steps).toEqual(["createFile", "append", "setMode", "sync", "close", "link", "syncDirectory"]);
  });

  test("a file cut short while it is read is a short read", async () => {
    const root = await temporaryDirectory();
    const openFile: Disk["openFile"] = async (path) => {
      const open = await nodeDisk.openFile(path);
      return {
        sizeBytes: open.sizeBytes + 10,
        readInto: (target, offset) => open.readInto(target, offset),
        close: () => open.close(),
      };
    };
    const storage = localStorage(root, { disk: { ...nodeDisk, openFile } });
    await storage.create();
    await storage.write(pack, bytes);
    await expect(storage.read(pack)).rejects.toMatchObject({ code: storageErrors.shortRead.code });
    await expect(Array.fromAsync(storage.stream(pack))).rejects.toMatchObject({ code: storageErrors.shortRead.code });
  });
});

test("a file system without hard links is used, and keeps what is there all the same", async () => {
  const root = await temporaryDirectory();
  const storage = localStorage(root, { disk: { ...nodeDisk, link: failing("EPERM") } });
  await storage.create();
  const bodies = Array.from({ length: 8 }, (_, index) => new Uint8Array(5000).fill(index));
  const results = await Promise.allSettled(bodies.map((body) => storage.write(config, body)));
  const winners = bodies.filter((_, index) => results[index]?.status === "fulfilled");
  expect(winners).toEqual([await storage.read(config)]);
  await expect(storage.write(config, bytes)).rejects.toMatchObject({ code: storageErrors.exists.code });
  expect((await readdir(root)).sort()).toEqual(["config", "data", "index", "keys", "locks", "snapshots"]);
});

test("of two writers of one file one wins, and the file is whole", async () => {
  const root = await temporaryDirectory();
  const first = localStorage(root);
  const second = localStorage(root);
  await first.create();
  const results = await Promise.allSettled([first.write(pack, bytes), second.write(pack, bytes)]);
  expect(results.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(new Uint8Array(await readFile(join(root, "data", "ab", pack.name)))).toEqual(bytes);
  expect(await readdir(join(root, "data", "ab"))).toEqual([pack.name]);
});

type Step = "createFile" | "append" | "setMode" | "sync" | "close" | "link" | "syncDirectory";

interface BreakableDisk extends Disk {
  readonly steps: Step[];
  readonly struck: number;
  failOnce(step: Step, code: string): void;
  failAlways(step: Step, code: string): void;
}

/** The real disk, on which a named step of writing fails with a system code. */
function breakableDisk(): BreakableDisk {
  const steps: Step[] = [];
  const broken = new Map<Step, { code: string; once: boolean }>();
  let struck = 0;
  const step = async (name: Step) => {
    steps.push(name);
    const failure = broken.get(name);
    if (failure === undefined) return;
    if (failure.once) broken.delete(name);
    struck += 1;
    await failing(failure.code)();
  };
  const breakable = (file: NewFile): NewFile => ({
    append: async (piece) => {
      await step("append");
      await file.append(piece);
    },
    setMode: async (mode) => {
      await step("setMode");
      await file.setMode(mode);
    },
    sync: async () => {
      await step("sync");
      await file.sync();
    },
    close: async () => {
      await file.close();
      await step("close");
    },
  });
  return {
    ...nodeDisk,
    steps,
    get struck() {
      return struck;
    },
    failOnce: (name, code) => broken.set(name, { code, once: true }),
    failAlways: (name, code) => broken.set(name, { code, once: false }),
    createFile: async (path) => {
      await step("createFile");
      return breakable(await nodeDisk.createFile(path));
    },
    link: async (from, to) => {
      await step("link");
      await nodeDisk.link(from, to);
    },
    syncDirectory: async (path) => {
      await step("syncDirectory");
      await nodeDisk.syncDirectory(path);
    },
  };
}

function failing(code: string) {
  return async (): Promise<never> => {
    throw Object.assign(new Error(`${code}, as the test told it to`), { code });
  };
}
