import { execFile, spawnSync } from "node:child_process";
import { createCipheriv } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { MiB, silentLog, systemClock, systemRandom } from "@holdfast/base";
import { localStorage } from "@holdfast/storage";
import { temporaryDirectory } from "@holdfast/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkRepository } from "../check/check.ts";
import { chunks } from "../chunker/chunks-fixture.ts";
import { copySnapshots } from "../copy/copy.ts";
import { idOf } from "../id.ts";
import { emptySnapshot, type StoredSnapshot } from "../snapshot/snapshot.ts";
import { listSnapshots, saveSnapshot } from "../snapshot/snapshot-store.ts";
import { bareNode, type TreeNode } from "../tree/node.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import { serialiseTree } from "../tree/tree-writer.ts";
import { Repository } from "./repository.ts";

const run = promisify(execFile);
const password = "geheim";
const owner = { hostname: "holdfast-test", username: "tester" };
const context = { clock: systemClock, random: systemRandom, log: silentLog };
/** Whatever the machine's own settings for restic are, they are not these tests' business. */
const environment = { PATH: process.env.PATH, HOME: "/nonexistent", RESTIC_PASSWORD: password, TZ: "UTC" };

const hasRestic = spawnSync("restic", ["version"]).status === 0;

async function restic(repositoryDir: string, ...args: string[]): Promise<string> {
  const { stdout } = await run("restic", ["-r", repositoryDir, "--no-cache", "-q", ...args], { env: environment });
  return stdout;
}

async function open(dir: string): Promise<Repository> {
  return Repository.open(localStorage(dir), { password }, context);
}

const never = () => expect.unreachable("nothing is damaged");

/** Some key stream, the same for everybody: 12 MiB are several chunks. */
const large = createCipheriv("aes-256-ctr", new Uint8Array(32), new Uint8Array(16)).update(new Uint8Array(12 * MiB));

async function sampleFolder(): Promise<string> {
  const dir = path.join(await temporaryDirectory(), "source");
  await mkdir(path.join(dir, "sub/empty"), { recursive: true });
  await writeFile(path.join(dir, "large"), large);
  await writeFile(path.join(dir, "sub/text"), "compressible\n".repeat(10_000));
  await writeFile(path.join(dir, "none"), "");
  return dir;
}

async function nodesBelow(repository: Repository, snapshot: StoredSnapshot, dir: string): Promise<TreeNode[]> {
  let tree = snapshot.tree;
  for (const name of dir.split("/").filter(Boolean)) {
    const nodes = [...treeNodes(await repository.loadBlob("tree", tree), never)];
    tree = nodes.find((node) => node.name.equals(Buffer.from(name)))!.subtree!;
  }
  return [...treeNodes(await repository.loadBlob("tree", tree), never)];
}

describe.runIf(hasRestic).each([1, 2] as const)("a version %i repository of restic's", (version) => {
  test("is read and checked by us, continued without storing anything twice, and still good for restic", async () => {
    const dir = await temporaryDirectory();
    const source = await sampleFolder();
    await restic(dir, "init", "--repository-version", `${version}`);
    await restic(dir, "backup", "--host", "elsewhere", "--tag", "one,two", source);

    const repository = await open(dir);
    expect(repository.version).toBe(version);
    expect(await checkRepository(repository, { readData: true })).toMatchObject({
      errors: [],
      hints: [],
      snapshots: 1,
    });
    const snapshot = (await listSnapshots(repository, never))[0]!;
    expect(snapshot).toMatchObject({ hostname: "elsewhere", tags: ["one", "two"], paths: [source] });

    const nodes = await nodesBelow(repository, snapshot, source);
    const content = nodes.find((node) => node.name.toString() === "large")!.content!;
    expect(content).toEqual(await Array.fromAsync(chunks([large], repository.chunkerPolynomial), idOf));
    const bytes = Buffer.concat(await Promise.all(content.map((id) => repository.loadBlob("data", id))));
    expect(idOf(bytes)).toBe(idOf(large));

    const lock = await repository.lock("shared", { ...owner, pid: process.pid });
    for await (const chunk of chunks([large], repository.chunkerPolynomial))
      expect(await repository.saveBlob("data", chunk)).toMatchObject({ isNew: false });
    const added = await repository.saveBlob("data", Buffer.from("something new"));
    const file = { ...bareNode(Buffer.from("new"), "file"), mode: 0o644, content: [added.id], size: 13n };
    const { id: tree } = await repository.saveBlob("tree", serialiseTree([file]));
    await repository.flush();
    const time = { ...snapshot.time, ns: snapshot.time.ns + 1n };
    await saveSnapshot(repository, { ...snapshot, time, tree, parent: snapshot.id });
    await lock.release();
    await restic(dir, "check", "--read-data");
    expect(JSON.parse(await restic(dir, "snapshots", "--json"))).toHaveLength(2);
    expect(await restic(dir, "dump", "latest", "/new")).toBe("something new");
  });
});

/** One snapshot as our own parts make it, without a backup: a large file, a small one in a folder, an empty one. */
async function ours(version: 1 | 2) {
  const dir = await temporaryDirectory();
  const options = { ...owner, password, version, packBytesTarget: MiB };
  const repository = await Repository.init(localStorage(dir), options, context);
  const saveTree = async (nodes: TreeNode[]) => (await repository.saveBlob("tree", serialiseTree(nodes))).id;
  const save = async (bytes: Uint8Array) => (await repository.saveBlob("data", bytes)).id;
  const parts = await Array.fromAsync(chunks([large], repository.chunkerPolynomial), save);
  const text = Buffer.from("compressible\n".repeat(10_000));
  const file = (name: string, content: TreeNode["content"], size: number): TreeNode => {
    return { ...bareNode(Buffer.from(name), "file"), mode: 0o644, content, size: BigInt(size) };
  };
  const subtree = await saveTree([file("text", [await save(text)], text.byteLength)]);
  const folder = { ...bareNode(Buffer.from("sub"), "dir"), mode: 2 ** 31 + 0o755, subtree };
  const tree = await saveTree([file("large", parts, large.byteLength), file("none", [], 0), folder]);
  await repository.flush();
  const time = { ns: 1_700_000_000_123_456_789n, offsetS: 3600 };
  const about = { time, tree, paths: ["/x"], hostname: "h", username: "u", otherKeys: [] };
  const id = await saveSnapshot(repository, { ...emptySnapshot, ...about, tags: ["ours"] });
  return { dir, repository, id };
}

describe.runIf(hasRestic).each([1, 2] as const)("a version %i repository of ours", (version) => {
  test("is read, checked and restored by restic", async () => {
    const { dir, id } = await ours(version);
    await restic(dir, "check", "--read-data");
    expect(JSON.parse(await restic(dir, "snapshots", "--json"))).toMatchObject([
      { id, time: "2023-11-14T23:13:20.123456789+01:00", hostname: "h", tags: ["ours"] },
    ]);
    const target = await temporaryDirectory();
    await restic(dir, "restore", "latest", "--target", target);
    const { stdout } = await run("sha256sum", [path.join(target, "large")]);
    expect(stdout.slice(0, 64)).toBe(idOf(large));
    expect((await restic(dir, "dump", "latest", "/sub/text")).length).toBe(130_000);
  });

  test("is pruned by restic and read by us afterwards", async () => {
    const { dir, repository, id } = await ours(version);
    await repository.saveBlob("data", Buffer.from("nothing names this"));
    await repository.flush();
    await restic(dir, "prune", "--max-unused", "0");
    const report = await checkRepository(await open(dir), { readData: true });
    expect(report).toMatchObject({ errors: [], hints: [], snapshots: 1 });
    expect((await open(dir).then((again) => listSnapshots(again, never)))[0]!.id).toBe(id);
  });
});

test.runIf(hasRestic)(
  "what we copy into a repository that restic made is sound, and restic finds nothing left to copy",
  async () => {
    const { dir } = await ours(2);
    const otherDir = await temporaryDirectory();
    await restic(otherDir, "init");
    const result = await copySnapshots({ from: await open(dir), to: await open(otherDir) });
    expect(result.copied).toHaveLength(1);
    await restic(otherDir, "check", "--read-data");
    const args = ["-r", otherDir, "--no-cache", "copy", "--from-repo", dir];
    await run("restic", args, { env: { ...environment, RESTIC_FROM_PASSWORD: password } });
    expect(JSON.parse(await restic(otherDir, "snapshots", "--json"))).toHaveLength(1);
  },
);

describe.runIf(hasRestic)("locks", () => {
  test("of ours keep restic out, or let it in, as restic's own would; unlock leaves them alone while we live", async () => {
    const dir = await temporaryDirectory();
    const repository = await Repository.init(localStorage(dir), { ...owner, password }, context);
    const here = { hostname: hostname(), username: "u", pid: process.pid };
    const shared = await repository.lock("shared", here);
    await restic(dir, "snapshots");
    await expect(restic(dir, "check")).rejects.toThrow(/already locked/);
    const survive = () => {}; // restic probes with SIGHUP, which a program that holds locks must survive
    process.on("SIGHUP", survive);
    onTestFinished(() => void process.off("SIGHUP", survive));
    await restic(dir, "unlock");
    expect(await repository.list("lock")).toHaveLength(1);
    await shared.release();
    const exclusive = await repository.lock("exclusive", here);
    await expect(restic(dir, "snapshots")).rejects.toThrow(/already locked/);
    await exclusive.release();
    await restic(dir, "check");
  });

  test("of restic's keep us out", async () => {
    const dir = await temporaryDirectory();
    await restic(dir, "init");
    // A backup from standard input that does not end holds its lock until we end it.
    const child = execFile("restic", ["-r", dir, "--no-cache", "backup", "--stdin"], { env: environment });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      const repository = await open(dir);
      while ((await repository.list("lock")).length === 0) await systemClock.sleep(20);
      await expect(repository.lock("exclusive", { ...owner, pid: process.pid })).rejects.toThrow(
        expect.objectContaining({ code: "ENGINE_LOCKED" }),
      );
      await (await repository.lock("shared", { ...owner, pid: process.pid })).release();
    } finally {
      child.kill("SIGKILL");
      await ended;
    }
  });
});
