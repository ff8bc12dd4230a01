import { chmod, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HoldfastError, silentLog, systemClock, systemRandom } from "@holdfast/base";
import { Repository } from "@holdfast/engine";
import { openStorage } from "@holdfast/storage";
import { commandLine, commandLineWithRepository, messages } from "../command-line.fixture.ts";
import { cliErrors } from "../errors.ts";

test("init, backup, snapshots, ls, check and restore make one whole", async () => {
  const { run, source, folder, repository } = await commandLine();
  expect(await run("init")).toMatchObject({ exitCode: 0, output: expect.stringContaining(repository) });
  const saved = await run("backup", source, "--tag", "a,b", "--host", "alpha");
  expect(saved).toMatchObject({ exitCode: 0, output: expect.stringMatching(/snapshot [0-9a-f]{8} saved/) });
  expect((await run("snapshots", "--host", "alpha")).output).toContain(source);
  expect((await run("snapshots", "--tag", "nothing")).output).toContain("0 snapshots");
  expect((await run("ls", "latest", "--recursive", source)).output).toContain(`${source}/inner/b.bin\n`);
  expect(await run("check", "--read-data")).toMatchObject({ exitCode: 0, errors: "" });
  const target = join(folder, "target");
  expect(await run("restore", `latest:${source}`, "--target", target, "--verify")).toMatchObject({ exitCode: 0 });
  expect(await readFile(join(target, "inner", "b.bin"))).toEqual(await readFile(join(source, "inner", "b.bin")));
  expect(await readdir(join(repository, "locks"))).toEqual([]);
});

test("scripts get restic's messages", async () => {
  const { run, source, folder } = await commandLine();
  expect(messages((await run("init", "--json")).output)).toEqual([
    { message_type: "initialized", id: expect.stringMatching(/^[0-9a-f]{64}$/), repository: expect.any(String) },
  ]);
  const backup = messages((await run("backup", source, "--json")).output);
  expect(backup.at(-1)).toMatchObject({
    message_type: "summary",
    files_new: 2,
    files_changed: 0,
    data_blobs: 2,
    total_files_processed: 2,
    total_bytes_processed: 100_006,
    snapshot_id: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const [snapshot] = JSON.parse((await run("snapshots", "--json")).output) as Record<string, unknown>[];
  expect(snapshot).toMatchObject({ paths: [source], short_id: expect.stringMatching(/^[0-9a-f]{8}$/) });
  const listed = messages((await run("ls", "--json", "latest")).output);
  expect(listed[0]).toMatchObject({ message_type: "snapshot", struct_type: "snapshot", id: snapshot?.["id"] });
  expect(listed.at(-1)).toMatchObject({ message_type: "node", type: "file", name: "b.bin", size: 100_000 });
  expect(messages((await run("check", "--json")).output)).toEqual([
    {
      message_type: "summary",
      num_errors: 0,
      broken_packs: null,
      suggest_repair_index: false,
      suggest_prune: false,
    },
  ]);
  const restored = messages((await run("restore", "latest", "--json", "--target", join(folder, "t"))).output);
  const folders = join(source, "inner").split("/").length - 1; // restic counts folders as files
  expect(restored.at(-1)).toMatchObject({
    message_type: "summary",
    files_restored: 2 + folders,
    bytes_restored: 100_006,
  });
});

test("a second backup reads no file again and stores no content", async () => {
  const { run, source } = await commandLineWithRepository();
  await run("backup", source);
  const [summary] = messages((await run("backup", source, "--json")).output).slice(-1);
  // Folders on the way to it may well have changed: the tests of others come and go in the same one.
  expect(summary).toMatchObject({ files_new: 0, files_unmodified: 2, data_blobs: 0 });
});

test("what matches a pattern is left out, and lists of paths are taken", async () => {
  const { run, source, folder } = await commandLineWithRepository();
  const list = join(folder, "list");
  await writeFile(list, `# what to keep\n${source}/*\n`);
  await run("backup", "--files-from", list, "--exclude", "*.bin");
  const { output } = await run("ls", "latest");
  expect(output).toContain("/a.txt");
  expect(output).not.toContain("b.bin");
});

test("a path that is gone costs only itself, and one that is all there was costs the snapshot", async () => {
  const { run, source } = await commandLineWithRepository();
  expect(await run("backup", source, "/nonexistent")).toMatchObject({
    exitCode: 3,
    errors: expect.stringContaining("SOURCE_MISSING"),
  });
  expect(await run("backup", "/nonexistent")).toMatchObject({ exitCode: 1 });
  expect((await run("snapshots")).output).toContain("1 snapshot\n");
});

test("a damaged pack fails the check, which names the files it affects", async () => {
  const { run, source, repository } = await commandLineWithRepository();
  await run("backup", source);
  const packs = await readdir(join(repository, "data"), { recursive: true, withFileTypes: true });
  for (const pack of packs.filter((entry) => entry.isFile())) {
    const path = join(pack.parentPath, pack.name);
    const bytes = await readFile(path);
    bytes[10] = bytes[10]! ^ 1;
    await chmod(path, 0o600);
    await writeFile(path, bytes);
  }
  const { exitCode, errors, output } = await run("check", "--read-data", "--json");
  expect(exitCode).toBe(1);
  const [finding] = messages(errors);
  expect(finding).toMatchObject({ message_type: "error", code: "ENGINE_PACK_DAMAGED" });
  expect(messages(errors).at(-1)).toMatchObject({ message_type: "exit_error", code: 1, error: "CLI_CHECK_FAILED" });
  expect(messages(output)[0]).toMatchObject({ message_type: "summary", broken_packs: expect.any(Array) });
  expect((await run("check", "--read-data")).errors).toContain(`:${source}`);
});

test.each([
  [["snapshots", "-r", "/nonexistent/repository"], 10, "ENGINE_NO_REPOSITORY"],
  [["snapshots", "-r", "rest:http://127.0.0.1:1/"], 1, "STORAGE_UNREACHABLE"],
  [["snapshots", "-r", "s3:bucket"], 1, "STORAGE_BAD_ADDRESS"],
  [["backup"], 1, "CLI_NOTHING_TO_BACK_UP"],
  [["restore", "latest"], 1, "CLI_USAGE"],
  [["ls"], 1, "CLI_USAGE"],
  [["ls", "latest"], 1, "ENGINE_SNAPSHOT_MISSING"],
  [["snapshots", "abcd"], 1, "ENGINE_SNAPSHOT_MISSING"],
  [["init"], 1, "ENGINE_REPOSITORY_EXISTS"],
  [["snapshots", "--password-file", "/nonexistent"], 1, "CLI_UNREADABLE_FILE"],
  [["snapshots", "--password-command", "false"], 1, "CLI_PASSWORD_COMMAND_FAILED"],
  [["snapshots", "--password-command", "echo wrong"], 12, "ENGINE_WRONG_PASSWORD"],
  [["snapshots", "--retry-lock", "soon"], 1, "CLI_USAGE"],
  [["snapshots", "--latest", "0"], 1, "CLI_USAGE"],
  [["backup", "--no-such-flag", "."], 1, "CLI_USAGE"],
])("each failure is one line with its code: %j", async (words, exitCode, code) => {
  const { run } = await commandLineWithRepository();
  const said = await run(...words);
  expect(said).toMatchObject({ exitCode, output: "" });
  expect(said.errors).toMatch(new RegExp(`^holdfast: ${code}: [^\\n]+\\n$`));
});

test("a repository that somebody else holds is told with 11, and by whom", async () => {
  const { run, repository } = await commandLineWithRepository();
  const context = { clock: systemClock, random: systemRandom, log: silentLog };
  const other = await Repository.open(await openStorage(repository, context), { password: "test" }, context);
  const lock = await other.lock("exclusive", { hostname: "beta", username: "bob", pid: 1 });
  expect(await run("snapshots")).toMatchObject({ exitCode: 11, errors: expect.stringContaining("bob@beta") });
  expect(await run("snapshots", "--no-lock")).toMatchObject({ exitCode: 0 });
  await lock.release();
});

test("an interruption ends a backup with 130 and leaves no lock and no snapshot", async () => {
  const interruption = new AbortController();
  const { run, source, repository } = await commandLineWithRepository({ signal: interruption.signal });
  const running = run("backup", source);
  interruption.abort(new HoldfastError(cliErrors.interrupted, "Interrupted."));
  expect(await running).toMatchObject({ exitCode: 130, errors: expect.stringContaining("CLI_INTERRUPTED") });
  expect(await readdir(join(repository, "locks"))).toEqual([]);
  expect(await readdir(join(repository, "snapshots"))).toEqual([]);
  await rm(repository, { recursive: true });
});
