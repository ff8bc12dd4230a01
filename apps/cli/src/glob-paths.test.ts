import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "@holdfast/testkit";
import { globPaths } from "./glob-paths.ts";

test("patterns name what is there, hidden files too, and nothing else", async () => {
  const folder = await temporaryDirectory();
  for (const name of ["a/x.txt", "a/.hidden.txt", "b/x.txt", "b/y.md", "[odd]/x.txt"]) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), "");
  }
  const found = (pattern: string) => globPaths(join(folder, pattern)).map((path) => path.slice(folder.length + 1));
  expect(found("*/*.txt")).toEqual(["[odd]/x.txt", "a/.hidden.txt", "a/x.txt", "b/x.txt"]);
  expect(found("[ab]/?.txt")).toEqual(["a/x.txt", "b/x.txt"]);
  expect(found("\\[odd\\]/x.txt")).toEqual(["[odd]/x.txt"]);
  expect(found("b/y.md")).toEqual(["b/y.md"]);
  expect(found("c/*")).toEqual([]);
});

test("a bracket without an end is no pattern", () => {
  expect(() => globPaths("/tmp/[a")).toThrow(expect.objectContaining({ code: "ENGINE_BAD_PATTERN" }));
});
