import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { Repository } from "@holdfast/engine";
import { openStorage } from "@holdfast/storage";
import { expect, test } from "vitest";
import { commandLine, commandLineWithRepository, messages } from "../command-line.fixture.ts";

interface Listed {
  readonly id: string;
  readonly current: boolean;
  readonly userName: string;
  readonly hostName: string;
  readonly created: string;
}

test("a password is added, used, changed and removed, and the one in use never", async () => {
  const { run, folder } = await commandLineWithRepository();
  const [second, third] = [join(folder, "second"), join(folder, "third")];
  await writeFile(second, "  two \n");
  await writeFile(third, "three");
  const keys = async (...words: string[]) =>
    JSON.parse((await run("key", "list", "--json", "--no-lock", ...words)).output) as Listed[];

  const added = await run("key", "add", "--new-password-file", second, "--user", "ann", "--host", "mars");
  expect(added).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^saved new key with ID [0-9a-f]{64}\n$/) });
  const [own, other] = await keys();
  expect(own).toMatchObject({ current: true, userName: "tester", hostName: "here" });
  expect(other).toMatchObject({ current: false, userName: "ann", hostName: "mars" });
  expect(other!.created).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  expect((await run("key", "list")).output).toContain(`*${own!.id.slice(0, 8)}  tester  here  `);

  expect(await run("key", "remove", own!.id)).toMatchObject({
    exitCode: 1,
    errors: expect.stringContaining("ENGINE_KEY_IN_USE"),
  });
  expect(await run("key", "passwd", "-p", second, "--new-password-file", third)).toMatchObject({ exitCode: 0 });
  expect(await run("snapshots", "-p", second)).toMatchObject({ exitCode: 12 });
  expect((await keys("-p", third)).map(({ current }) => current)).toEqual([false, true]);
  expect(await run("key", "remove", own!.id.slice(0, 10), "-p", third)).toMatchObject({ exitCode: 0 });
  expect(await run("snapshots")).toMatchObject({ exitCode: 12 });
});

test("a repository may have no password, when that is said each time", async () => {
  const { run, folder } = await commandLineWithRepository();
  expect(await run("key", "add", "--new-insecure-no-password")).toMatchObject({ exitCode: 0 });
  expect(await run("snapshots", "--insecure-no-password")).toMatchObject({
    exitCode: 1, // the fixture's variable says there is a password
    errors: expect.stringContaining("CLI_USAGE"),
  });
  const bare = await commandLine({ variables: { HOLDFAST_PASSWORD: "" } });
  const words = ["-r", join(folder, "repository"), "--insecure-no-password"];
  expect(await bare.run("snapshots", ...words)).toMatchObject({ exitCode: 0 });
  const [plain, open] = [join(folder, "plain"), join(folder, "open")];
  expect(await bare.run("init", "-r", open, "--insecure-no-password")).toMatchObject({ exitCode: 0 });
  expect(await bare.run("snapshots", "-r", open, "--insecure-no-password")).toMatchObject({ exitCode: 0 });
  expect(await run("init", "-r", plain, "--password-command", "echo")).toMatchObject({ exitCode: 1 });
});

test.each([
  [["key", "remove"], "CLI_USAGE"],
  [["key", "remove", "zzz"], "ENGINE_NO_SUCH_FILE"],
  [["key", "remove", ""], "ENGINE_NO_SUCH_FILE"],
  [["key", "add", "--new-password-file", "/nonexistent"], "CLI_UNREADABLE_FILE"],
  [["key", "add", "--new-password-file", "/dev/null"], "CLI_NO_PASSWORD"],
  [["key", "add", "--new-password-file", "/dev/null", "--new-insecure-no-password"], "CLI_USAGE"],
  [["list"], "CLI_USAGE"],
  [["list", "trees"], "CLI_USAGE"],
  [["list", "packs", "index"], "CLI_USAGE"],
  [["cat"], "CLI_USAGE"],
  [["cat", "nothing", "x"], "CLI_USAGE"],
  [["cat", "config", "x"], "CLI_USAGE"],
  [["cat", "snapshot"], "CLI_USAGE"],
  [["cat", "snapshot", "abcd", "--no-lock"], "ENGINE_NO_SUCH_FILE"],
  [["cat", "blob", "abcd", "--no-lock"], "ENGINE_BAD_ID"],
  [["cat", "blob", "ab".repeat(32), "--no-lock"], "ENGINE_BLOB_MISSING"],
  [["cat", "tree", "latest", "--no-lock"], "ENGINE_SNAPSHOT_MISSING"],
  [["completion", "tcsh"], "CLI_USAGE"],
  [["generate"], "CLI_USAGE"],
  [["generate", "--man", "/nonexistent/folder"], "CLI_UNWRITABLE_FILE"],
])("each failure is one line with its code: %j", async (words, code) => {
  const { run } = await commandLineWithRepository();
  const said = await run(...words);
  expect(said).toMatchObject({ exitCode: 1, output: "" });
  expect(said.errors).toMatch(new RegExp(`^holdfast: ${code}: [^\\n]+\\n$`));
});

test("a stale lock is removed, a living one only with --remove-all", async () => {
  const { run, repository } = await commandLineWithRepository();
  const context = { clock: systemClock, random: systemRandom, log: silentLog };
  const other = await Repository.open(await openStorage(repository, context), { password: "test" }, context);
  const lock = await other.lock("exclusive", { hostname: "elsewhere", username: "bob", pid: 1 });
  expect(await run("unlock")).toMatchObject({ exitCode: 0, output: "" });
  const [name] = await readdir(join(repository, "locks"));
  expect((await run("list", "locks")).output).toBe(`${name}\n`);
  expect(JSON.parse((await run("cat", "lock", name!.slice(0, 8), "--no-lock")).output)).toMatchObject({
    exclusive: true,
    hostname: "elsewhere",
    username: "bob",
  });
  expect(await run("unlock", "--remove-all")).toMatchObject({ output: "successfully removed 1 lock\n" });
  expect(await readdir(join(repository, "locks"))).toEqual([]);
  await lock.release();
});

test("what is in a repository can be listed and looked at", async () => {
  const { run, source, repository } = await commandLineWithRepository();
  expect(await run("backup", source)).toMatchObject({ exitCode: 0, errors: "" });
  const idsOf = async (kind: string) => (await run("list", kind, "--no-lock")).output.trim().split("\n");
  for (const [kind, folder] of [
    ["snapshots", "snapshots"],
    ["index", "index"],
    ["keys", "keys"],
  ] as const)
    expect(await idsOf(kind)).toEqual((await readdir(join(repository, folder))).toSorted());
  const [pack] = await idsOf("packs");
  const stored = await readFile(join(repository, "data", pack!.slice(0, 2), pack!));
  expect((await run("cat", "--no-lock", "pack", pack!)).output).toBe(stored.toString("latin1"));

  const blobs = (await idsOf("blobs")).map((line) => line.split(" "));
  const indexed = JSON.parse((await run("cat", "--no-lock", "index", (await idsOf("index"))[0]!)).output) as {
    packs: { blobs: { type: string; id: string }[] }[];
  };
  const named = indexed.packs.flatMap((each) => each.blobs.map(({ type, id }) => `${type} ${id}`));
  expect(blobs.map((words) => words.join(" ")).toSorted()).toEqual(named.toSorted());
  const contents = await Promise.all(
    blobs
      .filter(([type]) => type === "data")
      .map(async ([, id]) => (await run("cat", "--no-lock", "blob", id!)).output),
  );
  expect(contents).toContain("alpha\n");

  const [snapshot] = await idsOf("snapshots");
  const said = JSON.parse((await run("cat", "--no-lock", "snapshot", snapshot!.slice(0, 8))).output) as {
    tree: string;
  };
  expect(said).toMatchObject({ paths: [source] });
  const tree = (await run("cat", "--no-lock", "tree", `latest:${source}`)).output;
  expect(JSON.parse(tree)).toMatchObject({ nodes: [{ name: "a.txt" }, { name: "inner" }] });
  expect((await run("cat", "--no-lock", "blob", said.tree)).output).toBe(
    (await run("cat", "--no-lock", "tree", snapshot!)).output,
  );
  expect(JSON.parse((await run("cat", "--no-lock", "config")).output)).toMatchObject({ version: 2 });
  expect(JSON.parse((await run("cat", "--no-lock", "masterkey")).output)).toMatchObject({
    mac: {},
    encrypt: expect.any(String),
  });
  expect(JSON.parse((await run("cat", "--no-lock", "key", (await idsOf("keys"))[0]!)).output)).toMatchObject({
    kdf: "scrypt",
  });
});

test("a key file that somebody forged reaches the terminal in plain characters only", async () => {
  const { run, repository } = await commandLineWithRepository();
  const name = "ab".repeat(32);
  await writeFile(join(repository, "keys", name), '{"username":"\u009b2J\u202e"}');
  expect((await run("cat", "--no-lock", "key", name)).output).toBe('{\n  "username": "\\u009b2J\\u202e"\n}\n');
  await writeFile(join(repository, "keys", name), "\u001b[2J");
  expect(await run("cat", "--no-lock", "key", name)).toMatchObject({ exitCode: 1, output: "" });
});

test("the version is told to people and to scripts", async () => {
  const { run } = await commandLine();
  expect((await run("version")).output).toMatch(/^holdfast \d+\.\d+\.\d+ running on Node\.js /);
  expect(messages((await run("version", "--json")).output)).toMatchObject([
    { message_type: "version", version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
  ]);
});

test("manual pages and completions are written where they are wanted", async () => {
  const { run, folder } = await commandLine();
  const [man, bash] = [join(folder, "man"), join(folder, "bash")];
  await mkdir(man);
  expect(await run("generate", "--man", man, "--bash-completion", bash)).toMatchObject({ exitCode: 0, output: "" });
  expect(await readdir(man)).toContain("holdfast-key-list.1");
  expect(await readFile(bash, "utf8")).toBe((await run("completion", "bash")).output);
  expect((await run("generate", "--fish-completion", "-")).output).toBe((await run("completion", "fish")).output);
});
