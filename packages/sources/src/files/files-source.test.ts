import { chmodSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SourceDirectory, SourceEntry } from "@holdfast/engine";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { filesSource, type FilesOptions } from "./files-source.ts";
import { Selection } from "./selection.ts";
import { targetTree } from "./target-tree.ts";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "holdfast-source-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Makes files, and directories for names that end in "/". */
function make(...paths: string[]): void {
  for (const path of paths) {
    const full = join(dir, path);
    if (path.endsWith("/")) mkdirSync(full, { recursive: true });
    else {
      mkdirSync(join(full, ".."), { recursive: true });
      writeFileSync(full, path);
    }
  }
}

async function pathsOf(directory: SourceDirectory, above = ""): Promise<string[]> {
  const found: string[] = [];
  for (const entry of directory.entries()) {
    const name = entry.kind === "unreadable" ? entry.name : entry.node.name;
    const path = `${above}${name.toString()}`;
    found.push(entry.kind === "directory" ? `${path}/` : entry.kind === "unreadable" ? `${path}?` : path);
    if (entry.kind === "directory") found.push(...(await pathsOf(entry.open(), `${path}/`)));
  }
  directory.close();
  return found;
}

/** What a backup of the directory's content would hold. */
async function selected(options: Omit<FilesOptions, "targets" | "workingDir"> & { targets?: string[] }) {
  return pathsOf(await filesSource({ targets: ["."], ...options, workingDir: dir }).open());
}

async function entryOf(target: string): Promise<SourceEntry> {
  const top = await filesSource({ targets: [target], workingDir: dir }).open();
  for (const entry of top.entries()) return entry;
  throw new Error("the source is empty");
}

describe("targets", () => {
  const layout = (targets: string[]) => {
    const show = (nodes: ReturnType<typeof targetTree>["root"]): Record<string, unknown> =>
      Object.fromEntries(
        [...nodes].map(([name, node]) => [
          name,
          node.isTarget || node.isListed ? `= ${node.path}` : show(node.children),
        ]),
      );
    return show(targetTree(targets, join(dir, "work")).root);
  };

  test("keep their whole path when they are absolute, and their own words when they are relative", () => {
    make("work/a/b/", "other/");
    expect(layout(["a/b"])).toEqual({ a: { b: `= ${dir}/work/a/b` } });
    expect(layout(["./a/../a"])).toEqual({ a: `= ${dir}/work/a` });
    expect(layout(["../other"])).toEqual({ other: `= ${dir}/other` });
    const absolute = `${dir}/other`.split("/").slice(1);
    const nested = absolute.reduceRight<unknown>((inner, name) => ({ [name]: inner }), `= ${dir}/other`);
    expect(layout([`${dir}/other`])).toEqual(nested);
  });

  test("that are only a way to a directory stand for what is in it", () => {
    make("work/a", "work/b");
    expect(layout(["."])).toEqual({ a: `= ${dir}/work/a`, b: `= ${dir}/work/b` });
    expect(Object.keys(layout([".."]))).toEqual(["work"]);
  });

  test("of one name in different places are told apart by a number", () => {
    make("work/x/", "x/");
    expect(layout(["x", "../x"])).toEqual({ x: `= ${dir}/work/x`, "x-1": `= ${dir}/x` });
  });

  test("that are missing are reported, and fatal only when all are", async () => {
    make("here");
    expect(await selected({ targets: ["here", "gone"] })).toEqual(["gone?", "here"]);
    expect(() => filesSource({ targets: ["gone"], workingDir: dir })).toThrow(
      expect.objectContaining({ code: "SOURCE_MISSING" }),
    );
    expect(filesSource({ targets: ["here", "gone"], workingDir: dir }).targets).toEqual([join(dir, "here")]);
  });

  test("are symlinks when they are symlinks, but links on the way are followed", async () => {
    make("real/inside");
    symlinkSync("real", join(dir, "link"));
    expect(await entryOf("link")).toMatchObject({ kind: "other", node: { type: "symlink" } });
    expect(await selected({ targets: ["link/inside"] })).toEqual(["link/", "link/inside"]);
    expect(await entryOf("link/inside")).toMatchObject({
      node: { type: "dir", inode: lstatSync(join(dir, "real"), { bigint: true }).ino },
    });
  });

  test("inside other targets do not come twice", async () => {
    make("a/b/c", "a/d");
    expect(await selected({ targets: ["a", "a/b"] })).toEqual(["a/", "a/b/", "a/b/c", "a/d"]);
  });
});

describe("what is left out", () => {
  test("what matches a pattern, with everything below it", async () => {
    make("keep/a.txt", "keep/a.tmp", "cache/x/y", "deep/cache/z");
    expect(await selected({ excludes: ["*.tmp", "cache"] })).toEqual(["deep/", "keep/", "keep/a.txt"]);
  });

  test("patterns that begin with a slash mean absolute paths", async () => {
    make("a/x", "b/x");
    expect(await selected({ excludes: [`${dir}/a/x`] })).toEqual(["a/", "b/", "b/x"]);
  });

  test("what a later pattern with ! wants stays", async () => {
    make("a.log", "b.log", "c");
    expect(await selected({ excludes: ["*.log", "!b.log"] })).toEqual(["b.log", "c"]);
  });

  // All seen from restic 0.19.1.
  test("nothing that was given by its own path, though what is in it has no such right", async () => {
    make("a/b/c", "a/d", "x.tmp", "y");
    expect(await selected({ targets: ["a", "a/b"], excludes: ["b", "d"] })).toEqual(["a/", "a/b/"]);
    expect(await selected({ targets: ["a", "a/b"], excludes: ["a"] })).toEqual(["a/", "a/b/"]);
    expect(await selected({ targets: ["a", "a/b/c"], excludes: ["b"] })).toEqual(["a/", "a/b/", "a/b/c", "a/d"]);
    expect(await selected({ targets: ["x.tmp", "y"], excludes: ["*.tmp"] })).toEqual(["x.tmp", "y"]);
    expect(await selected({ targets: ["y"], excludeLargerThanBytes: 0 })).toEqual(["y"]);
    expect(await selected({ targets: [".", "x.tmp"], excludes: ["*.tmp", "a"] })).toEqual(["x.tmp", "y"]);
  });

  test("patterns that ignore case, and those not to be recorded", async () => {
    make("A.JPG", "b", "c");
    const source = filesSource({
      targets: ["."],
      workingDir: dir,
      excludes: ["b"],
      excludesIgnoringCase: ["*.jpg"],
      excludesUnrecorded: ["c"],
    });
    expect(source.excludes).toEqual(["b"]);
    expect(await pathsOf(await source.open())).toEqual([]);
  });

  test("all but the tag file of a directory that has one", async () => {
    make("a/.nobackup", "a/secret", "a/sub/x", "b/x");
    expect(await selected({ excludeIfPresent: [{ name: ".nobackup" }] })).toEqual(["a/", "a/.nobackup", "b/", "b/x"]);
  });

  test("caches, if the tag has the right words in it", async () => {
    make("real/x", "fake/x", "fifo/x");
    writeFileSync(join(dir, "real/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n# and more");
    writeFileSync(join(dir, "fake/CACHEDIR.TAG"), "Signature");
    mkdirSync(join(dir, "fifo/CACHEDIR.TAG"));
    expect(await selected({ excludeCaches: true })).toEqual([
      "fake/",
      "fake/CACHEDIR.TAG",
      "fake/x",
      "fifo/",
      "fifo/CACHEDIR.TAG/",
      "fifo/x",
      "real/",
      "real/CACHEDIR.TAG",
    ]);
  });

  test("files above a size", async () => {
    writeFileSync(join(dir, "ten"), Buffer.alloc(10));
    writeFileSync(join(dir, "eleven"), Buffer.alloc(11));
    expect(await selected({ excludeLargerThanBytes: 10 })).toEqual(["ten"]);
  });

  test("other file systems, but not the empty directory they are mounted on", () => {
    const selection = new Selection({ oneFileSystem: true });
    const on = (dev: bigint, kind: "file" | "directory") => ({
      ...lstatSync(dir, { bigint: true }),
      dev,
      mode: kind === "file" ? 0o100644n : 0o040755n,
    });
    expect(selection.excludesFile(on(1n, "file"), 1n, 1n)).toBe(false);
    expect(selection.excludesFile(on(2n, "file"), 1n, 1n)).toBe(true);
    expect(selection.excludesFile(on(2n, "directory"), 1n, 1n)).toBe(false);
    expect(selection.excludesFile(on(2n, "directory"), 1n, 2n)).toBe(true);
    expect(selection.excludesFile(on(1n, "file"), 1n, 2n)).toBe(false);
  });

  test("sockets", async () => {
    make("file");
    const server = createServer().listen(join(dir, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      expect(await selected({})).toEqual(["file"]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("a pattern that cannot be matched stops everything before it starts", () => {
    expect(() => filesSource({ targets: ["."], workingDir: dir, excludes: ["["] })).toThrow(
      expect.objectContaining({ code: "ENGINE_BAD_PATTERN" }),
    );
  });
});

describe("reading", () => {
  test("names that are not text come in the order of their bytes", async () => {
    for (const name of ["b", "\xff", "\xc3\xa4", "Z"]) writeFileSync(Buffer.from(join(dir, name), "latin1"), "");
    const top = await filesSource({ targets: ["."], workingDir: dir }).open();
    const names: string[] = [];
    for (const entry of top.entries()) if (entry.kind === "file") names.push(entry.node.name.toString("latin1"));
    expect(names).toEqual(["Z", "b", "\xc3\xa4", "\xff"]);
  });

  test("a file that became a symlink is refused, not followed", async () => {
    make("file", "outside");
    const entry = await entryOf("file");
    rmSync(join(dir, "file"));
    symlinkSync("outside", join(dir, "file"));
    expect(() => entry.kind === "file" && entry.open()).toThrow(expect.objectContaining({ code: "ELOOP" }));
  });

  test("a file that became a fifo is refused without waiting for a writer", async () => {
    make("file");
    const entry = await entryOf("file");
    rmSync(join(dir, "file"));
    const { native } = await import("@holdfast/engine");
    native!.makeNode(Buffer.from(join(dir, "file")), 0o010600, 0n);
    expect(() => entry.kind === "file" && entry.open()).toThrow(expect.objectContaining({ code: "SOURCE_REPLACED" }));
  });

  test("a directory that became a symlink is refused, not followed", async () => {
    make("top/dir/mine", "outside/foreign");
    const top = await entryOf("top");
    const inner = top.kind === "directory" ? top.open() : undefined;
    for (const entry of inner!.entries()) {
      renameSync(join(dir, "top/dir"), join(dir, "moved"));
      symlinkSync(join(dir, "outside"), join(dir, "top/dir"));
      expect(() => entry.kind === "directory" && entry.open()).toThrow(expect.objectContaining({ code: "ENOTDIR" }));
    }
    inner!.close();
  });

  test("a file that changes while it is read says so", async () => {
    make("file");
    const entry = await entryOf("file");
    const file = entry.kind === "file" ? entry.open() : undefined;
    expect(file!.hasChanged()).toBe(false);
    writeFileSync(join(dir, "file"), "longer than before");
    expect(file!.hasChanged()).toBe(true);
    file!.close();
  });

  test("a file that vanishes between listing and opening is the system's ENOENT", async () => {
    make("file");
    const entry = await entryOf("file");
    rmSync(join(dir, "file"));
    expect(() => entry.kind === "file" && entry.open()).toThrow(expect.objectContaining({ code: "ENOENT" }));
  });

  test("a directory that cannot be listed fails when it is opened, except for root", async () => {
    make("closed/x");
    chmodSync(join(dir, "closed"), 0o300);
    const entry = await entryOf("closed");
    if (process.getuid?.() === 0) expect(await selected({})).toEqual(["closed/", "closed/x"]);
    else expect(() => entry.kind === "directory" && entry.open()).toThrow(expect.objectContaining({ code: "EACCES" }));
    chmodSync(join(dir, "closed"), 0o700);
  });

  test("how much there is to do is measured as it will be done", async () => {
    make("a/1", "a/22", "b/333", "skip/4444");
    const totals: { files: number; bytes: number }[] = [];
    const source = filesSource({ targets: ["."], workingDir: dir, excludes: ["skip"] });
    await source.measure((total) => totals.push(total));
    expect(totals.at(-1)).toEqual({ files: 3, bytes: "a/1a/22b/333".length });
  });
});
