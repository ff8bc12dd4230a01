import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execPath, platform } from "node:process";
import { promisify } from "node:util";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";

const program = resolve(import.meta.dirname, "holdfast.js");

/** Starts the program with nothing in its environment but these variables. */
async function start(variables: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await promisify(execFile)(execPath, [program, "--version"], { env: { ...variables } });
  return stdout;
}

test.runIf(platform !== "win32")("compiled modules are kept in a folder that only the user may write to", async () => {
  const home = await temporaryDirectory();
  expect(await start({ HOME: home })).toMatch(/^holdfast /);
  const folder = join(home, ".cache", "holdfast", "modules");
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await readdir(folder)).not.toEqual([]);
});

test.runIf(platform !== "win32")("a folder that others may write to is not believed", async () => {
  const home = await temporaryDirectory();
  const folder = join(home, "holdfast", "modules");
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o777);
  expect(await start({ XDG_CACHE_HOME: home })).toMatch(/^holdfast /);
  expect(await readdir(folder)).toEqual([]);
});

test("without a home, and where caches are turned off, the program starts all the same", async () => {
  const home = await temporaryDirectory();
  expect(await start({})).toMatch(/^holdfast /);
  expect(await start({ HOME: home, HOLDFAST_NO_CACHE: "1" })).toMatch(/^holdfast /);
  expect(await readdir(home)).toEqual([]);
});
