import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AnchoredDirectory } from "./anchored-directory.ts";
import { describeFile, nodeTypeOf } from "./describe-file.ts";
import { readAttributes, writeAttributes } from "./extended-attributes.ts";
import { native } from "./native.ts";
import { ownerNames } from "./owner-names.ts";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "holdfast-filesystem-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === "linux";
const bytes = (text: string) => Buffer.from(text, "latin1");

describe("native calls", () => {
  test("exist on the platforms that the tests run on", () => {
    expect(native).toBeDefined();
  });

  test.each([1_714_532_152_144_560_725n, -1n, -86_400_000_000_001n, 0n, 1n])("set a time of %s ns exactly", (ns) => {
    const path = bytes(join(dir, "file\xff"));
    writeFileSync(path, "");
    native!.setTimes(path, ns + 5n, ns);
    const stats = lstatSync(path, { bigint: true });
    expect([stats.atimeNs, stats.mtimeNs]).toEqual([ns + 5n, ns]);
  });

  test("set the times of a symlink and not of what it points to", () => {
    writeFileSync(join(dir, "target"), "");
    symlinkSync("target", join(dir, "link"));
    native!.setTimes(bytes(join(dir, "link")), 1n, 2n);
    expect(lstatSync(join(dir, "link"), { bigint: true }).mtimeNs).toBe(2n);
    expect(lstatSync(join(dir, "target"), { bigint: true }).mtimeNs).not.toBe(2n);
  });

  test("make a fifo", () => {
    native!.makeNode(bytes(join(dir, "fifo")), 0o010600, 0n);
    expect(lstatSync(join(dir, "fifo")).isFIFO()).toBe(true);
  });

  test("make devices with their numbers for root, and are refused for others", () => {
    const make = () => {
      native!.makeNode(bytes(join(dir, "null")), 0o020600, 0x103n);
      native!.makeNode(bytes(join(dir, "disk")), 0o060600, 0x45612378n); // 12 bits of major, 20 of minor number
    };
    if (!isRoot) return expect(make).toThrow(expect.objectContaining({ code: "EPERM" }));
    make();
    expect(lstatSync(join(dir, "null")).isCharacterDevice()).toBe(true);
    const disk = lstatSync(join(dir, "disk"), { bigint: true });
    expect([nodeTypeOf(disk), disk.rdev]).toEqual(["dev", 0x45612378n]);
  });

  test("fail with the system's code", () => {
    expect(() => native!.setTimes(bytes(join(dir, "missing")), 0n, 0n)).toThrow(
      expect.objectContaining({ code: "ENOENT" }),
    );
  });
});

describe("extended attributes", () => {
  test("are read in the system's order and written so that nothing else is left", () => {
    const path = bytes(join(dir, "f\xc3\x28"));
    writeFileSync(path, "");
    const value = Buffer.from([0, 255, 10]);
    writeAttributes(path, [
      { name: bytes("user.b"), value },
      { name: bytes("user.a"), value: Buffer.alloc(0) },
    ]);
    const names = readAttributes(path).map(({ name }) => name.toString());
    expect(names.toSorted()).toEqual(["user.a", "user.b"]);
    expect(readAttributes(path).find(({ name }) => name.toString() === "user.b")?.value).toEqual(value);
    writeAttributes(path, [{ name: bytes("user.c"), value }]);
    expect(readAttributes(path)).toEqual([{ name: bytes("user.c"), value }]);
  });

  test("of a file without any are none", () => {
    writeFileSync(join(dir, "plain"), "");
    expect(readAttributes(bytes(join(dir, "plain")))).toEqual([]);
  });

  test("a value longer than the first buffer is read whole where the file system takes it", () => {
    const path = bytes(join(dir, "big"));
    writeFileSync(path, "");
    const value = Buffer.alloc(3000, 7);
    writeAttributes(path, [{ name: bytes("user.big"), value }]);
    expect(readAttributes(path)).toEqual([{ name: bytes("user.big"), value }]);
  });

  test("belong to the symlink itself", () => {
    symlinkSync("nowhere", join(dir, "link"));
    const link = bytes(join(dir, "link"));
    const attributes = [{ name: bytes("trusted.x"), value: bytes("1") }]; // the only kind a symlink may have, for root alone
    if (!isRoot)
      return expect(() => writeAttributes(link, attributes)).toThrow(expect.objectContaining({ code: "EPERM" }));
    writeAttributes(link, attributes);
    expect(readAttributes(link)).toEqual(attributes);
  });
});

describe("a directory held by its handle", () => {
  test("lists names as bytes in their order", () => {
    for (const name of ["b", "a", "\xff", "\xc3\xa4", "A"]) writeFileSync(bytes(join(dir, name)), "");
    const held = AnchoredDirectory.open(bytes(dir));
    expect(held.names()).toEqual(["A", "a", "b", "\xc3\xa4", "\xff"]);
    held.close();
  });

  test("is still itself after its path leads elsewhere", () => {
    mkdirSync(join(dir, "inside"));
    mkdirSync(join(dir, "outside"));
    writeFileSync(join(dir, "inside", "mine"), "");
    writeFileSync(join(dir, "outside", "foreign"), "");
    const top = AnchoredDirectory.open(bytes(dir));
    const held = top.enter(bytes("inside"));
    renameSync(join(dir, "inside"), join(dir, "moved"));
    symlinkSync("outside", join(dir, "inside"));
    if (isLinux) expect(held.names()).toEqual(["mine"]);
    expect(() => top.enter(bytes("inside"))).toThrow(expect.objectContaining({ code: "ENOTDIR" }));
    held.close();
    top.close();
  });

  test.runIf(isLinux)("reaches deeper than a path may be long", () => {
    const name = bytes("d".repeat(200));
    let held = AnchoredDirectory.open(bytes(dir));
    for (let depth = 0; depth < 30; depth += 1) {
      mkdirSync(held.pathOf(name));
      const next = held.enter(name);
      held.close();
      held = next;
    }
    writeFileSync(held.pathOf(bytes("bottom")), "");
    expect(held.names()).toEqual(["bottom"]);
    held.close();
  });

  test.runIf(isLinux)("that may be entered but not listed can be held", () => {
    mkdirSync(join(dir, "closed"));
    writeFileSync(join(dir, "closed", "known"), "");
    chmodSync(join(dir, "closed"), 0o100);
    const held = AnchoredDirectory.open(bytes(join(dir, "closed")));
    expect(lstatSync(held.pathOf(bytes("known"))).isFile()).toBe(true);
    if (!isRoot) expect(() => held.names()).toThrow(expect.objectContaining({ code: "EACCES" }));
    held.close();
    chmodSync(join(dir, "closed"), 0o700);
  });
});

test("a file is described with what the system says about it", () => {
  writeFileSync(join(dir, "file"), "four", { mode: 0o640 });
  chmodSync(join(dir, "file"), 0o640);
  const stats = lstatSync(join(dir, "file"), { bigint: true });
  const node = describeFile(bytes("file"), stats, ownerNames(), []);
  expect(node).toMatchObject({ type: "file", mode: 0o640, size: 4n, links: 1n, inode: stats.ino, uid: userInfo().uid });
  expect(node.user).toBe(userInfo().username);
  expect(node.mtime.ns).toBe(stats.mtimeNs);
  expect(node.atime).toBe(node.mtime);
});

test("an owner that nobody knows has no name, and root has", () => {
  const owners = ownerNames();
  expect(owners.user(0)).toBe("root");
  expect(owners.user(3_999_999_999)).toBe("");
  expect(owners.group(Number(execFileSync("id", ["-g"], { encoding: "utf8" })))).not.toBe("");
});
