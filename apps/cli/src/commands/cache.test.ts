import { chmod, mkdir, readFile, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dayMs, systemClock } from "@holdfast/base";
import { expect, test } from "vitest";
import { commandLineWithRepository } from "../command-line.fixture.ts";

async function withCache() {
  const whole = await commandLineWithRepository();
  const cache = join(whole.folder, "cache");
  const run = (...words: string[]) => whole.run(...words, "--cache-dir", cache);
  return { ...whole, run, cache };
}

const idsIn = async (cache: string) => (await readdir(cache)).filter((name) => name.length === 64);

test("a backup fills the cache that restic would use, and later commands need the repository's copies no more", async () => {
  const { run, source, cache, repository } = await withCache();
  expect(await run("backup", source)).toMatchObject({ exitCode: 0 });
  const [id] = await idsIn(cache);
  expect(await readFile(join(cache, "CACHEDIR.TAG"), "utf8")).toMatch(/^Signature: 8a477f597d28d172789f06886806bc55/);
  expect(await readFile(join(cache, id!, "version"), "utf8")).toBe("1");
  const files = await readdir(join(cache, id!), { recursive: true, withFileTypes: true });
  const kinds = files.filter((entry) => entry.isFile() && entry.name.length === 64).map((entry) => entry.parentPath);
  for (const kind of ["snapshots", "index", "data"])
    expect(kinds.filter((path) => path.includes(`/${kind}/`))).toHaveLength(1);
  // A tree pack that is damaged where it is stored is still whole here; check looks at what is stored.
  const tree = files.find((entry) => entry.isFile() && entry.parentPath.includes("/data/"))!;
  const stored = join(repository, "data", tree.name.slice(0, 2), tree.name);
  await chmod(stored, 0o600);
  await writeFile(stored, Buffer.alloc(10));
  expect(await run("ls", "latest")).toMatchObject({ exitCode: 0 });
  expect(await run("check")).toMatchObject({ exitCode: 1 });
  expect(await run("ls", "latest", "--no-cache")).toMatchObject({ exitCode: 1 });
});

test("the caches are listed, and those that nobody used are removed", async () => {
  const { run, source, cache } = await withCache();
  expect((await run("cache")).output).toContain("no cache folders");
  await run("backup", source);
  const [id] = await idsIn(cache);
  const old = "00".repeat(32);
  await mkdir(join(cache, old, "snapshots"), { recursive: true });
  const seconds = (systemClock.nowMs() - 40 * dayMs) / 1000;
  await utimes(join(cache, old), seconds, seconds);
  const listed = await run("cache");
  expect(listed).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^0000000000 +40 days ago +yes +0 B$/m) });
  expect(listed.output).toMatch(new RegExp(`^${id!.slice(0, 10)} +0 days ago +[\\d.]+ KiB$`, "m"));
  expect((await run("cache", "--no-size")).output).not.toContain("Size");
  const json = JSON.parse((await run("cache", "--json")).output) as Record<string, unknown>[];
  expect(json[0]).toMatchObject({ repo_id: old, old: true, size: 0 });
  await run("cache", "--cleanup", "--max-age", "50");
  expect(await idsIn(cache)).toHaveLength(2);
  expect((await run("cache", "--cleanup")).output).toContain("1 old");
  expect(await idsIn(cache)).toEqual([id]);
});

test("--cleanup-cache removes old caches on the way, and --no-cache makes none", async () => {
  const { run, cache } = await withCache();
  const old = join(cache, "11".repeat(32));
  await mkdir(old, { recursive: true });
  await utimes(old, 1, 1);
  await run("snapshots", "--no-cache");
  expect(await idsIn(cache)).toEqual(["11".repeat(32)]);
  await run("snapshots", "--cleanup-cache");
  expect(await idsIn(cache)).toHaveLength(1);
  expect(await idsIn(cache)).not.toContain("11".repeat(32));
  expect(await run("cache", "--no-cache")).toMatchObject({ exitCode: 1 });
  expect(await run("cache", "--max-age", "soon")).toMatchObject({ exitCode: 1 });
});
