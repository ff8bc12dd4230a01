import { lstatSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "@holdfast/testkit";
import { AnchoredDirectory } from "./anchored-directory.ts";
import { statx } from "./statx.ts";
import { listNames } from "./list-names.ts";

test("names come as bytes, however many and however long", async () => {
  const folder = await temporaryDirectory();
  const names = [..."abc".repeat(3)].map((letter, at) => letter.repeat(at * 31 + 1));
  for (let number = 0; number < 3000; number += 1) names.push(`file-${number}`);
  names.push("\xff\x80", " ", "\n", "ä".normalize("NFD"));
  for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, "latin1")]), "");
  expect(listNames(Buffer.from(folder)).sort()).toEqual(readdirSync(folder, { encoding: "latin1" }).sort());
});

test("a directory that is gone, or is none, is the system's error", async () => {
  const folder = await temporaryDirectory();
  writeFileSync(join(folder, "file"), "");
  expect(() => listNames(Buffer.from(join(folder, "gone")))).toThrow(expect.objectContaining({ code: "ENOENT" }));
  expect(() => listNames(Buffer.from(join(folder, "file")))).toThrow(expect.objectContaining({ code: "ENOTDIR" }));
});

test("listing a directory leaves its access time alone", async () => {
  const folder = await temporaryDirectory();
  mkdirSync(join(folder, "inner"));
  writeFileSync(join(folder, "inner", "file"), "");
  utimesSync(join(folder, "inner"), 1, 2_000_000_000); // read before it was changed: a listing would be noted
  listNames(Buffer.from(join(folder, "inner")));
  expect(statSync(join(folder, "inner")).atimeMs).toBe(1000);
});

test("what statx says is what lstat says", async () => {
  const directories = ["/dev", "/proc/self", "/etc", await temporaryDirectory()];
  for (const path of directories) {
    const directory = AnchoredDirectory.open(Buffer.from(path));
    for (const name of directory.names().slice(0, 50)) {
      const expected = lstatSync(Buffer.from(`${path}/${name}`, "latin1"), { bigint: true, throwIfNoEntry: false });
      const { mode, ino, dev, rdev, nlink, uid, gid, size } = expected ?? {};
      const found = directory.statOf(name);
      if (path !== "/proc/self") expect(found).toMatchObject({ mode, ino, dev, rdev, nlink, uid, gid, size });
      else expect(found?.mode).toBe(mode);
    }
    directory.close();
  }
  expect(statx !== undefined).toBe(process.platform === "linux");
});
