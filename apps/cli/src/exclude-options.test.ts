import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "@holdfast/testkit";
import { readEnvironment } from "./environment.ts";
import { excludeOptions, expandVariables } from "./exclude-options.ts";

const noFlags = {
  exclude: [],
  iexclude: [],
  excludeFile: [],
  iexcludeFile: [],
  excludeCaches: false,
  excludeIfPresent: [],
  excludeLargerThan: undefined,
  oneFileSystem: false,
};

test("pattern files are text with comments, and variables in them are filled in", async () => {
  const file = join(await temporaryDirectory(), "patterns");
  await writeFile(file, "\ufeff# leave out\n\n  *.tmp \n${HOME}/cache\n$HOME/costs-$$5\n");
  const environment = readEnvironment({ HOME: "/home/ann" });
  const options = await excludeOptions({ ...noFlags, excludeFile: [file], exclude: ["$HOME"] }, environment);
  expect(options.excludesUnrecorded).toEqual(["*.tmp", "/home/ann/cache", "/home/ann/costs-$5"]);
  expect(options.excludes).toEqual(["$HOME"]); // a shell has done that already for what is typed
});

test("a variable that is not set becomes nothing", () => {
  expect(expandVariables("/a/$NOTHING/b", {})).toBe("/a//b");
});

test("tag files may ask for a header, which may hold colons", async () => {
  const flags = { ...noFlags, excludeIfPresent: [".nobackup", "TAG:Signature: x"] };
  const { excludeIfPresent } = await excludeOptions(flags, readEnvironment({}));
  expect(excludeIfPresent).toEqual([{ name: ".nobackup" }, { name: "TAG", header: "Signature: x" }]);
});
