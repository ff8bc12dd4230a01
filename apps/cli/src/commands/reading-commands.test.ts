import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandLineWithRepository, messages } from "../command-line.fixture.ts";

/** Two snapshots of a folder, the second with one file changed, one gone and one new. */
async function twoSnapshots() {
  const whole = await commandLineWithRepository();
  const { run, source } = whole;
  await writeFile(join(source, "gone.txt"), "gone\n");
  await run("backup", source, "--host", "alpha", "--tag", "one");
  await writeFile(join(source, "a.txt"), "changed\n");
  await rm(join(source, "gone.txt"));
  await mkdir(join(source, "new"));
  await writeFile(join(source, "new", "c.txt"), "new\n");
  await run("backup", source, "--host", "beta");
  const [first, second] = JSON.parse((await run("snapshots", "--json")).output) as { id: string; tree: string }[];
  return { ...whole, first: first!, second: second! };
}

test("find tells in which snapshots a file is, the newest first", async () => {
  const { run, source, first, second } = await twoSnapshots();
  const { output, exitCode } = await run("find", "*.txt");
  expect(exitCode).toBe(0);
  const [newer, older] = output.split("\n\n");
  expect(newer).toContain(`snapshot ${second.id.slice(0, 8)}`);
  expect(newer).toContain(`\n${source}/new/c.txt`);
  expect(older).toContain(`snapshot ${first.id.slice(0, 8)}`);
  expect(older).toContain(`\n${source}/gone.txt`);
  const found = JSON.parse((await run("find", "--json", "--host", "alpha", "gone.txt")).output) as unknown[];
  expect(found).toMatchObject([{ hits: 1, snapshot: first.id, matches: [{ path: `${source}/gone.txt`, size: 5 }] }]);
  expect((await run("find", "--json", "-s", second.id, "gone.txt")).output).toBe("[]\n");
  expect((await run("find", "--json", "--tree", first.tree)).output).toContain(`"object_type":"tree"`);
});

test("diff tells what changed, for people and for scripts", async () => {
  const { run, source, first, second } = await twoSnapshots();
  const ids = [first.id, second.id];
  const text = (await run("diff", ...ids)).output;
  expect(text).toContain(`\nM    ${source}/a.txt\n-    ${source}/gone.txt\n+    ${source}/new/\n`);
  const said = messages((await run("diff", "--json", ...ids)).output);
  expect(said.at(0)).toEqual({ message_type: "change", path: `${source}/a.txt`, modifier: "M" });
  expect(said.at(-1)).toMatchObject({ message_type: "statistics", changed_files: 1, added: { files: 1, dirs: 1 } });
  const folder = messages((await run("diff", "--json", `${first.id}:${source}`, `latest:${source}`)).output);
  expect(folder.at(0)).toMatchObject({ path: "/a.txt" });
});

test("stats counts in each of its modes", async () => {
  const { run } = await twoSnapshots();
  const counted = async (...words: string[]) => JSON.parse((await run("stats", "--json", ...words)).output) as object;
  expect(await counted("latest")).toMatchObject({ snapshots_count: 1, total_size: 100_012 });
  expect(await counted("--tag", "one", "--mode", "blobs-per-file")).toMatchObject({ total_file_count: 3 });
  expect(await counted("--mode", "raw-data")).toMatchObject({ total_blob_count: expect.any(Number) });
  expect((await run("stats", "--mode", "files-by-contents")).output).toContain("Total File Count:");
});

test("ls lists in any order, and for ncdu", async () => {
  const { run, source } = await twoSnapshots();
  const names = async (...words: string[]) =>
    messages((await run("ls", "--json", `latest:${source}`, ...words)).output)
      .slice(1)
      .map(({ name }) => name);
  expect(await names()).toEqual(["a.txt", "inner", "b.bin", "new", "c.txt"]);
  expect(await names("--sort", "size", "--reverse")).toEqual(["b.bin", "a.txt", "c.txt", "new", "inner"]);
  expect(await names("--sort", "extension")).toEqual(["inner", "new", "b.bin", "a.txt", "c.txt"]);
  expect(await names("/new")).toEqual(["new", "c.txt"]);
  const ncdu = JSON.parse((await run("ls", "--ncdu", `latest:${source}`)).output) as unknown[];
  expect(ncdu.slice(0, 2)).toEqual([1, 2]);
  expect(JSON.stringify(ncdu[3])).toContain('"name":"b.bin","asize":100000,"dsize":100352');
});

test("dump gives a file's bytes, or an archive where it is wanted", async () => {
  const { run, source, folder } = await twoSnapshots();
  expect(await run("dump", "latest", `${source}/a.txt`)).toMatchObject({
    exitCode: 0,
    output: "changed\n",
    errors: "",
  });
  const target = join(folder, "archive.tar");
  expect(await run("dump", "latest", source, "--target", target)).toMatchObject({ exitCode: 0, output: "" });
  const tar = await readFile(target);
  expect(tar.subarray(257, 262).toString()).toBe("ustar");
  expect(tar.length % 512).toBe(0);
  expect((await run("dump", "latest", "/", "-a", "zip")).output.slice(0, 4)).toBe("PK\x03\x04");
});

const failures: readonly (readonly [words: readonly string[], code: string])[] = [
  [["find"], "CLI_USAGE"],
  [["find", "--blob", "--tree", "abcd"], "CLI_USAGE"],
  [["find", "--oldest", "yesterday", "x"], "CLI_USAGE"],
  [["find", "--oldest", "2026-02-01", "--newest", "2026-01-01", "x"], "CLI_USAGE"],
  [["find", "["], "ENGINE_BAD_PATTERN"],
  [["find", "-s", "beef", "x"], "ENGINE_SNAPSHOT_MISSING"],
  [["find", "--blob", "x"], "ENGINE_BAD_ID"],
  [["find", "--pack", "deadbeef"], "ENGINE_NO_SUCH_PACK"],
  [["diff", "latest"], "CLI_USAGE"],
  [["diff", "latest", "latest:/nowhere"], "ENGINE_PATH_MISSING"],
  [["stats", "--mode", "everything"], "CLI_USAGE"],
  [["stats", "latest:/home"], "CLI_USAGE"],
  [["ls", "latest", "relative"], "CLI_USAGE"],
  [["ls", "latest", "--ncdu", "--sort", "size"], "CLI_USAGE"],
  [["ls", "latest", "--ncdu", "--json"], "CLI_USAGE"],
  [["dump", "latest"], "CLI_USAGE"],
  [["dump", "latest", "/nowhere"], "ENGINE_PATH_MISSING"],
  [["dump", "latest", "/", "-t", "/nonexistent/file"], "CLI_UNWRITABLE_FILE"],
  [["dump", "latest", "/", "-a", "rar"], "CLI_USAGE"],
  [["mount", "one", "two"], "CLI_USAGE"],
];

test("each failure is one line with its code", async () => {
  const { run, source } = await commandLineWithRepository();
  await run("backup", source);
  for (const [words, code] of failures) {
    const said = await run(...words);
    const line = words.includes("--json") ? new RegExp(`"${code}"`) : new RegExp(`^holdfast: ${code}: [^\\n]+\\n$`);
    expect({ words, ...said }).toMatchObject({ words, exitCode: 1, errors: expect.stringMatching(line) });
  }
});
