import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandLineWithRepository, messages } from "../command-line.fixture.ts";

async function backedUp() {
  const line = await commandLineWithRepository();
  await line.run("backup", line.source);
  return { ...line, target: join(line.folder, "target") };
}

test("a dry run names what it would do, and does nothing", async () => {
  const { run, source, folder, target } = await backedUp();
  const said = await run("restore", `latest:${source}`, "--target", target, "--dry-run", "-vv");
  expect(said).toMatchObject({ exitCode: 0, output: expect.stringContaining("would have restored 2 files") });
  expect(said.output).toContain("restored  /inner/b.bin with size");
  expect(await readdir(folder)).not.toContain("target");
});

test("deleting leaves what the snapshot has, and scripts hear of each entry", async () => {
  const { run, source, target } = await backedUp();
  await mkdir(join(target, "inner/deep"), { recursive: true });
  await writeFile(join(target, "inner/deep/foreign"), "x");
  await writeFile(join(target, "inner/kept.txt"), "x");
  const words = ["restore", `latest:${source}`, "--target", target, "--delete", "--exclude", "*.txt"];
  const said = messages((await run(...words, "-vv", "--json")).output);
  const deleted = said.filter(({ action }) => action === "deleted").map(({ item }) => item);
  expect(deleted).toEqual([join(target, "inner/deep/foreign"), join(target, "inner/deep")]);
  expect(said.at(-1)).toMatchObject({ message_type: "summary", files_deleted: 2 });
  expect((await readdir(join(target, "inner"))).sort()).toEqual(["b.bin", "kept.txt"]);
  expect(await run("restore", "latest", "--target", "/", "--delete")).toMatchObject({
    exitCode: 1,
    errors: expect.stringContaining("ENGINE_UNSAFE_DELETE"),
  });
});

test("overwriting goes by the mode, and patterns may ignore case", async () => {
  const { run, source, target } = await backedUp();
  await mkdir(join(target, "inner"), { recursive: true });
  await writeFile(join(target, "inner/b.bin"), "mine");
  const restore = (...words: string[]) => run("restore", `latest:${source}`, "--target", target, ...words);
  await restore("--overwrite", "never", "--iinclude", "B.BIN");
  expect(await readdir(target)).toEqual(["inner"]);
  expect(await readFile(join(target, "inner/b.bin"), "utf8")).toBe("mine");
  await utimes(join(target, "inner/b.bin"), 1, 1);
  const said = await restore("--overwrite", "if-newer", "-vv");
  expect(said.output).toMatch(/updated {3}\/inner\/b\.bin/);
  expect(await readFile(join(target, "inner/b.bin"))).toEqual(await readFile(join(source, "inner/b.bin")));
  expect(await restore("--include-xattr", "user.*", "--exclude-xattr", "user.x")).toMatchObject({ exitCode: 1 });
});
