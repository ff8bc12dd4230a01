import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { Repository } from "@holdfast/engine";
import { openStorage } from "@holdfast/storage";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, onTestFinished, test } from "vitest";
import { commandTable } from "../../apps/cli/src/index.ts";
import { holdfastProgram, runProgram } from "../start/program.ts";
import { Forge, forgedPassword, node } from "./forge.ts";
import { formsOf, leaksIn } from "./secret-forms.ts";

/** Each is found by nothing else: a password, one that fits nothing, one in an address, one in the environment. */
const secrets = {
  password: "canary-Pässword/7f3a9c+e1",
  wrong: "canary-Wröng/51b8d4+07",
  inAddress: "canary-url-9d27f0b6",
  inEnvironment: "canary-rest-33c0a8e5",
} as const;

/** A way to each command's end, on a repository with one snapshot; more words than it takes do no harm to secrets. */
const words: Readonly<Record<string, readonly string[]>> = {
  init: [],
  backup: ["{source}"],
  snapshots: [],
  ls: ["latest"],
  restore: ["latest", "--target", "{target}"],
  check: ["--read-data"],
  find: ["*a*"],
  diff: ["latest", "latest"],
  stats: [],
  dump: ["latest", "/kept.txt"],
  forget: ["--keep-last", "1"],
  tag: ["--add", "x"],
  "key list": [],
  "key add": ["--new-password-file", "{wrong file}"],
  "key remove": ["ab"],
  "key passwd": ["--new-password-file", "{wrong file}"],
  unlock: [],
  cat: ["config"],
  list: ["blobs"],
  prune: [],
  copy: ["--from-repo", "{elsewhere}", "--from-password-file", "{wrong file}"],
  migrate: [],
  cache: [],
  rewrite: ["--exclude", "nothing"],
  "repair index": [],
  "repair packs": ["ab".repeat(32)],
  "repair snapshots": [],
  recover: [],
  "verify-certificate": ["{source}"],
  completion: ["bash"],
  generate: [],
  version: [],
};
/** Parts that run until they are stopped, and what makes them; their secrets are tested where they are started. */
const services = ["mount", "up", "admin sign-in-link", "server", "gateway", "agent", "agent enrol", "keeper"];

async function stage() {
  const folder = await temporaryDirectory();
  const repository = join(folder, "repository");
  const forge = new Forge(repository, folder, "secrets");
  forge.snapshot(forge.treeOf(node("kept.txt", "file", { size: 4, content: [forge.data("kept")] })));
  const context = { clock: systemClock, random: systemRandom, log: silentLog };
  // The repository's password is the canary: a second key, made by the engine, and the forge's own removed.
  const [forged] = await readdir(join(repository, "keys"));
  const source = join(folder, "source");
  await mkdir(source);
  await writeFile(join(source, "a.txt"), "alpha");
  await writeFile(join(folder, "wrong"), secrets.wrong);
  await writeFile(join(folder, "right"), secrets.password);
  const fill = (word: string) =>
    word
      .replace("{source}", source)
      .replace("{target}", join(folder, "target"))
      .replace("{wrong file}", join(folder, "wrong"))
      .replace("{elsewhere}", join(folder, "elsewhere"));
  const run = (command: readonly string[], variables: Readonly<Record<string, string>>) =>
    runProgram(process.execPath, [holdfastProgram, ...command], {
      cwd: folder,
      variables: { HOME: folder, HOLDFAST_CACHE_DIR: join(folder, "cache"), ...variables },
    });
  const own = { HOLDFAST_REPOSITORY: repository, HOLDFAST_PASSWORD: forgedPassword };
  const added = await run(["key", "add", "--new-password-file", join(folder, "right")], own);
  expect(added).toMatchObject({ exitCode: 0 });
  const master = Buffer.concat([forge.key.encrypt, forge.key.k, forge.key.r]);
  return { folder, repository, forged: forged!, forge, fill, run, master, context };
}

/** Refuses everything, and repeats in its answers what it was asked and with which credentials. @returns its port */
async function talkingHost(): Promise<number> {
  let answers = 0;
  const server = createServer((request, response) => {
    const { authorization = "" } = request.headers;
    const plain = Buffer.from(authorization.replace("Basic ", ""), "base64").toString();
    response.statusCode = [401, 403, 400, 404][(answers += 1) % 4]!;
    response.setHeader("x-told", authorization);
    response.end(`${request.method} ${request.url} was refused to ${authorization}, which is ${plain}\n`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test("every command but the services has its words here", () => {
  const known = new Set([...Object.keys(words), ...services]);
  expect(commandTable.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
});

test("no command says a secret, however it ends", async () => {
  const { repository, folder, fill, run, master } = await stage();
  const damaged = join(folder, "damaged");
  await cp(repository, damaged, { recursive: true });
  for (const name of await readdir(join(damaged, "keys"))) await writeFile(join(damaged, "keys", name), "{");
  const forms = [
    ...Object.values(secrets),
    master.subarray(0, 32),
    master.subarray(32, 48),
    master.subarray(48),
    master,
  ];
  const all = forms.flatMap(formsOf);
  const rest = { HOLDFAST_REST_USERNAME: "user", HOLDFAST_REST_PASSWORD: secrets.inEnvironment };
  const situations: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "as it should be": { HOLDFAST_REPOSITORY: repository, HOLDFAST_PASSWORD: secrets.password },
    "with another password": { HOLDFAST_REPOSITORY: repository, HOLDFAST_PASSWORD: secrets.wrong },
    "with damaged keys": { HOLDFAST_REPOSITORY: damaged, HOLDFAST_PASSWORD: secrets.password },
    "with nobody at the address": {
      HOLDFAST_REPOSITORY: `rest:http://user:${secrets.inAddress}@127.0.0.1:9/`,
      HOLDFAST_PASSWORD: secrets.password,
    },
    "with an address that is none": {
      ...rest,
      HOLDFAST_REPOSITORY: `rest:http://user:${secrets.inAddress}@[bad/`,
      HOLDFAST_PASSWORD: secrets.password,
    },
    "with somebody at the address who says back what he is told": {
      HOLDFAST_REPOSITORY: `rest:http://user:${secrets.inAddress}@127.0.0.1:${await talkingHost()}/`,
      HOLDFAST_PASSWORD: secrets.password,
    },
    "with an address that wants other credentials": {
      ...rest,
      HOLDFAST_REPOSITORY: `rest:http://127.0.0.1:${await talkingHost()}/`,
      HOLDFAST_PASSWORD: secrets.password,
    },
    "with a host that is none": {
      ...rest,
      HOLDFAST_REPOSITORY: "rest:http://no.host.invalid/",
      HOLDFAST_PASSWORD: secrets.password,
    },
  };
  let runs = 0;
  const leaks: string[] = [];
  const jobs = Object.entries(situations).flatMap(([situation, variables], at) =>
    Object.entries(words)
      .filter((_, index) => at === 0 || index % 3 === at % 3) // failing is much the same for all: a third is enough
      .map(([name, more], index) => ({ situation, variables, name, more, style: ["--json", "-vv"][index % 2]! })),
  );
  const next = jobs.values();
  const runNext = async () => {
    for (const { situation, variables, name, more, style } of next) {
      const { stdout, stderr } = await run([...name.split(" "), ...more.map(fill), style], variables);
      runs += 1;
      for (const leak of leaksIn(`${stdout}\n${stderr}`, all)) leaks.push(`${name} ${situation}: ${leak}`);
    }
  };
  await Promise.all([runNext(), runNext()]);
  expect(leaks).toEqual([]);
  process.stderr.write(`secrets: ${runs} command lines, ${all.length} forms looked for\n`);
});

test("what a failure carries holds no secret, however deep one looks", async () => {
  const { repository, context, forge } = await stage();
  const all = [...Object.values(secrets), forge.key.encrypt, forge.key.k, forge.key.r].flatMap((secret) =>
    formsOf(secret),
  );
  const address = `rest:http://user:${secrets.inAddress}@127.0.0.1:9/`;
  const attempts: (() => Promise<unknown>)[] = [
    async () => Repository.open(await openStorage(repository, context), { password: secrets.wrong }, context),
    async () => {
      const storage = await openStorage(address, { ...context, retryBudgetMs: 0 });
      return Repository.open(storage, { password: secrets.password }, context);
    },
    async () => openStorage(`rest:http://user:${secrets.inAddress}@[bad/`, context),
    async () => {
      const repositoryOpen = await Repository.open(
        await openStorage(repository, context),
        { password: secrets.password },
        context,
      );
      expect(leaksIn(inspect(repositoryOpen, deep), all)).toEqual([]);
      expect(
        leaksIn(
          JSON.stringify(repositoryOpen, (_, value: unknown) => (typeof value === "bigint" ? "" : value)),
          all,
        ),
      ).toEqual([]);
      return repositoryOpen.loadBlob("data", "ab".repeat(32) as never);
    },
  ];
  for (const attempt of attempts) {
    const error = await attempt().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Error);
    for (let at = error; at instanceof Error; at = at.cause) {
      expect(leaksIn(`${inspect(at, deep)} ${JSON.stringify(at)} ${at.stack}`, all)).toEqual([]);
    }
  }
});

const deep = { depth: Infinity, showHidden: true, maxStringLength: Infinity, maxArrayLength: 10_000 };

test("no secret stands on the command line of a program that is started", async () => {
  const { repository, folder } = await stage();
  // The password command says who its parent is and what all of them were started with.
  const helper = join(folder, "helper.sh");
  const seen = join(folder, "seen");
  await writeFile(
    helper,
    `#!/bin/sh\ncat /proc/$$/cmdline /proc/$PPID/cmdline >> ${seen}\ncat ${join(folder, "right")}\n`,
    { mode: 0o755 },
  );
  const variables = {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    HOLDFAST_REPOSITORY: repository,
    HOLDFAST_PASSWORD_COMMAND: helper,
    HOLDFAST_REST_PASSWORD: secrets.inEnvironment,
  };
  const child = spawn(process.execPath, [holdfastProgram, "snapshots"], { env: variables, stdio: "ignore" });
  await new Promise((done) => child.on("close", done));
  expect(child.exitCode).toBe(0);
  const lines = await readFile(seen, "latin1");
  expect(lines).toContain("snapshots");
  expect(leaksIn(lines, Object.values(secrets).flatMap(formsOf))).toEqual([]);
});
