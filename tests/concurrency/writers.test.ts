import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { backup, Repository, type SnapshotId } from "@holdfast/engine";
import { localStorage, memoryStorage, type Storage } from "@holdfast/storage";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { modelSource } from "../model/model-source.ts";
import { seededTree, type ModelTree } from "../model/model-tree.ts";
import { installedRestic, newestRestic } from "../interop/restic.ts";
import { initRepository } from "../interop/holdfast.ts";
import { holdfastProgram, mustRun, runProgram } from "../start/program.ts";
import { folderContent } from "./folder-content.ts";
import { password } from "./party.ts";
import { damageIn } from "./work.ts";

const context = { clock: systemClock, random: systemRandom, log: silentLog };
let snapshotsMade = 0;

describe("writers that run at once in one process", () => {
  /** The first half of them back up the same, the others something of their own. */
  async function writeAtOnce(storage: Storage, writers: number): Promise<void> {
    const owner = { hostname: "founder", username: "tester" };
    await Repository.init(storage, { ...owner, password, kdf: { N: 2, r: 1, p: 1 } }, context);
    const made = new Map<SnapshotId, ModelTree>();
    await Promise.all(
      Array.from({ length: writers }, async (_, at) => {
        const tree = seededTree(at < writers / 2 ? "the same" : `writer ${at}`);
        const repository = await Repository.open(storage, { password, packBytesTarget: 3000 }, context);
        const options = { hostname: `writer${at}`, username: "tester", pid: process.pid, programVersion: "test" };
        const result = await backup(repository, modelSource(tree), { ...options, technology: "full" });
        made.set(result.snapshotId, tree);
      }),
    );
    expect(made.size).toBe(writers);
    snapshotsMade += made.size;
    expect(await damageIn(storage, made)).toEqual([]);
    expect(await Array.fromAsync(storage.list("lock"))).toEqual([]);
  }

  test.each([2, 3, 5, 8])("%s, in memory: every snapshot is whole", async (writers) => {
    await writeAtOnce(memoryStorage(), writers);
  });

  test.each([2, 8])("%s, on a disk: every snapshot is whole", async (writers) => {
    const storage = localStorage(join(await temporaryDirectory(), "repository"));
    await storage.create();
    await writeAtOnce(storage, writers);
  });
});

describe("programs that run at once", () => {
  const restics = [newestRestic, installedRestic].filter((restic) => restic !== undefined);

  async function stage() {
    const folder = await temporaryDirectory();
    const repository = join(folder, "repository");
    await initRepository(repository);
    const random = seededRandom("files");
    const source = join(folder, "source");
    for (const name of ["one", "two", "three"]) {
      await mkdir(join(source, name), { recursive: true });
      for (let file = 0; file < 40; file += 1)
        await writeFile(join(source, name, `f${file}`), random.bytes(random.below(60_000)));
    }
    await writeFile(join(source, "large"), random.bytes(5_000_000));
    const variables = { HOME: folder, HOLDFAST_REPOSITORY: repository, HOLDFAST_PASSWORD: "interop" };
    const holdfast = (...words: readonly string[]) =>
      runProgram(process.execPath, [holdfastProgram, ...words, "--no-cache"], { variables });
    return { folder, repository, source, holdfast };
  }

  test.each(restics.map((restic) => [restic.name, restic] as const))(
    "four of ours and two of %s: every snapshot restores, and restic finds nothing wrong",
    async (_, restic) => {
      const { folder, repository, source, holdfast } = await stage();
      const ours = ["a", "b", "c", "d"].map((host) => holdfast("backup", source, "--host", host));
      const theirs = ["x", "y"].map((host) => restic.run(repository, ["backup", source, "--host", host]));
      for (const ended of await Promise.all(ours)) expect(ended).toMatchObject({ exitCode: 0 });
      await Promise.all(theirs);
      const listed = JSON.parse(await restic.run(repository, ["snapshots", "--json"])) as {
        id: string;
        hostname: string;
      }[];
      expect(listed.map(({ hostname }) => hostname).sort()).toEqual(["a", "b", "c", "d", "x", "y"]);
      snapshotsMade += listed.length;
      expect(await restic.run(repository, ["check", "--read-data"])).toContain("no errors were found");
      expect(await holdfast("check", "--read-data")).toMatchObject({ exitCode: 0 });
      const expected = await folderContent(source);
      for (const { id, hostname } of listed) {
        const target = join(folder, `restored ${hostname}`);
        await mustRun(
          process.execPath,
          [holdfastProgram, "restore", `${id}:${source}`, "--target", target, "--no-cache"],
          {
            variables: { HOME: folder, HOLDFAST_REPOSITORY: repository, HOLDFAST_PASSWORD: "interop" },
          },
        );
        expect(await folderContent(target)).toEqual(expected);
      }
    },
  );

  test.each(restics.map((restic) => [restic.name, restic] as const))(
    "backups of ours beside forget and prune of ours and of %s lose nothing that was acknowledged",
    async (_, restic) => {
      const { folder, repository, source, holdfast } = await stage();
      expect(await holdfast("backup", source, "--host", "kept")).toMatchObject({ exitCode: 0 });
      const second = join(folder, "second");
      await cp(source, second, { recursive: true });
      await writeFile(join(second, "two", "f1"), "changed");
      const acknowledged: string[] = [];
      const writer = async (host: string, from: string) => {
        for (let round = 0; round < 2; round += 1) {
          const { exitCode } = await holdfast("backup", from, "--host", host, "--retry-lock", "1m");
          if (exitCode === 0) acknowledged.push(host);
        }
      };
      const remover = async () => {
        await holdfast("forget", "--host", "one", "--keep-last", "1", "--retry-lock", "30s");
        await holdfast("prune", "--max-unused", "0");
        await restic.tryRun(repository, ["forget", "--host", "two", "--keep-last", "1", "--prune"]);
        await holdfast("prune", "--max-unused", "0");
      };
      await Promise.all([writer("one", source), writer("two", second), remover()]);
      expect(new Set(acknowledged)).toEqual(new Set(["one", "two"]));
      expect(await restic.run(repository, ["check", "--read-data"])).toContain("no errors were found");
      for (const [host, from] of [
        ["kept", source],
        ["one", source],
        ["two", second],
      ] as const) {
        const target = join(folder, `restored ${host}`);
        const restored = await holdfast("restore", `latest:${from}`, "--host", host, "--target", target);
        expect(restored).toMatchObject({ exitCode: 0 });
        expect(await folderContent(target)).toEqual(await folderContent(from));
      }
      expect(await readdir(join(repository, "locks"))).toEqual([]);
    },
  );
});

afterAll(() => void process.stderr.write(`writers: ${snapshotsMade} snapshots made beside others\n`));
