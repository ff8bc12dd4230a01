import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { afterAll, expect, test } from "vitest";
import { initRepository } from "./holdfast.ts";
import { holdfastIn } from "./holdfast-command.ts";
import { newestRestic, type Restic } from "./restic.ts";

/** A damage, and what each program is asked to do about it. */
interface Case {
  readonly damage: (repository: string) => void;
  readonly repairs: (damaged: string) => readonly (readonly string[])[];
}

const snapshotRepairs = [["repair", "snapshots", "--forget"]];
const indexRepairs = [["repair", "index"], ...snapshotRepairs];

const cases: Record<string, Case> = {
  "an index file is gone": {
    damage: (repository) => rmSync(filesOf(repository, "index")[0]!),
    repairs: () => indexRepairs,
  },
  "every index file is gone": {
    damage: (repository) => filesOf(repository, "index").forEach((path) => rmSync(path)),
    repairs: () => [["repair", "index", "--read-all-packs"]],
  },
  "an index file has a flipped bit": {
    damage: (repository) => flipBit(filesOf(repository, "index")[0]!, 50),
    repairs: () => indexRepairs,
  },
  "a pack with the content of files is gone": {
    damage: (repository) => rmSync(largestPack(repository)),
    repairs: () => indexRepairs,
  },
  "a pack with the listings of folders is gone": {
    damage: (repository) => rmSync(smallestPack(repository)),
    repairs: () => indexRepairs,
  },
  "a pack is empty": {
    damage: (repository) => {
      chmodSync(largestPack(repository), 0o600);
      truncateSync(largestPack(repository), 0);
    },
    repairs: () => indexRepairs,
  },
  "a pack has a flipped bit in a blob": {
    damage: (repository) => flipBit(largestPack(repository), 1000),
    repairs: (pack) => [["repair", "packs", pack], ...snapshotRepairs],
  },
  "a pack is cut short": {
    damage: (repository) => {
      const path = largestPack(repository);
      chmodSync(path, 0o600);
      truncateSync(path, 150_000);
    },
    repairs: (pack) => [["repair", "packs", pack], ...snapshotRepairs],
  },
};

let made: Promise<string> | undefined;

/** A repository that every test may copy. */
async function soundRepository(restic: Restic, dir: string): Promise<string> {
  made ??= repositoryOf(restic, mkdtempSync(join(tmpdir(), "holdfast-repair-")));
  const repository = join(dir, "sound");
  cpSync(await made, repository, { recursive: true });
  return repository;
}

afterAll(async () => {
  if (made !== undefined) rmSync(dirname(await made), { recursive: true });
});

/** Three snapshots by restic: files that stay, files that come and files that change. */
async function repositoryOf(restic: Restic, dir: string): Promise<string> {
  const [repository, source] = [join(dir, "sound"), join(dir, "source")];
  const random = seededRandom("files for repairs");
  mkdirSync(join(source, "folder", "below"), { recursive: true });
  await initRepository(repository);
  for (let round = 0; round < 3; round += 1) {
    for (const name of ["a", "folder/b", `folder/below/c${round}`])
      writeFileSync(join(source, name), random.bytes(60_000));
    await restic.run(repository, ["backup", "--quiet", "--host", "h", "--tag", "t", "source"], { cwd: dir });
  }
  return repository;
}

test.skipIf(newestRestic === undefined).each(Object.entries(cases))(
  "when %s, Holdfast's repair ends where restic's does",
  async (_, { damage, repairs }) => {
    const restic = newestRestic!;
    const dir = await temporaryDirectory();
    const sound = await soundRepository(restic, dir);
    const holdfast = holdfastIn(dir);
    const calledFrom = process.cwd();
    const [theirs, ours] = [join(dir, "theirs"), join(dir, "ours")];
    const packsBefore = filesOf(sound, "data");
    cpSync(sound, theirs, { recursive: true });
    damage(theirs);
    cpSync(theirs, ours, { recursive: true });
    const changed = packsBefore.find((path) => !isSame(path, path.replace(sound, theirs)));
    const words = repairs(changed?.split("/").at(-1) ?? "");
    try {
      process.chdir(dir); // where copies of packs go
      for (const each of words) expect(await holdfast(ours, each)).toMatchObject({ exitCode: 0 });
    } finally {
      process.chdir(calledFrom);
    }
    const elsewhere = join(dir, "elsewhere");
    mkdirSync(elsewhere);
    for (const each of words) await restic.run(theirs, each, { cwd: elsewhere });

    for (const repository of [theirs, ours]) await restic.run(repository, ["check", "--read-data"]);
    expect(await holdfast(ours, ["check", "--read-data"])).toMatchObject({ exitCode: 0 });
    expect(await stateOf(restic, ours)).toEqual(await stateOf(restic, theirs));
    const before = filesOf(ours, "");
    for (const each of words.filter(([, what]) => what !== "packs")) await holdfast(ours, each);
    expect(filesOf(ours, "")).toEqual(before);
  },
);

test.skipIf(newestRestic === undefined)(
  "rewrite makes the trees that restic's makes, and recover finds as much",
  async () => {
    const restic = newestRestic!;
    const dir = await temporaryDirectory();
    const sound = await soundRepository(restic, dir);
    const holdfast = holdfastIn(dir);
    const rewrites = [
      ["--exclude", "below"],
      ["--include", "c1", "--include", "/source/a"],
      ["--iexclude", "C*", "--exclude", "*", "--exclude", "!a", "--exclude", "!source"],
      ["--new-host", "other", "--new-time", "2020-01-02 03:04:05", "--forget"],
      ["--exclude", "b", "--forget"],
      ["--snapshot-summary"],
    ];
    for (const [at, words] of rewrites.entries()) {
      const [theirs, ours] = [join(dir, `theirs${at}`), join(dir, `ours${at}`)];
      for (const copy of [theirs, ours]) cpSync(sound, copy, { recursive: true });
      await restic.run(theirs, ["rewrite", ...words]);
      expect(await holdfast(ours, ["rewrite", ...words])).toMatchObject({ exitCode: 0 });
      // restic leaves listings behind that it made and then did not need, so only what is named is compared.
      const [mine, yours] = [await stateOf(restic, ours), await stateOf(restic, theirs)];
      expect(mine.snapshots, words.join(" ")).toEqual(yours.snapshots);
    }
    // One only: restic 0.19.1 puts several lost trees into its listing in no order, and then refuses that, now and then.
    rmSync(filesOf(sound, "snapshots")[0]!);
    const copy = join(dir, "copy");
    cpSync(sound, copy, { recursive: true });
    await restic.run(sound, ["recover"]);
    expect(await holdfast(copy, ["recover"])).toMatchObject({ exitCode: 0 });
    const found = async (repository: string) =>
      (await restic.run(repository, ["ls", "-q", "latest"])).split("\n").sort();
    expect(await found(copy)).toEqual(await found(sound));
  },
);

/** What a repository holds, without what differs from run to run: the ids of new snapshots and of packs. */
async function stateOf(restic: Restic, repository: string) {
  const blobs = (await restic.run(repository, ["list", "blobs", "--quiet"])).split("\n");
  const snapshots = JSON.parse(await restic.run(repository, ["snapshots", "--json"])) as Record<string, unknown>[];
  const facts = snapshots.map((snapshot) => JSON.stringify({ ...snapshot, id: "", short_id: "" })).sort();
  return { blobs: [...new Set(blobs)].sort(), snapshots: facts };
}

/** Full paths of the files below a folder of a repository, sorted. */
function filesOf(repository: string, folder: string): string[] {
  return readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("/locks"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function packsBySize(repository: string): string[] {
  return filesOf(repository, "data").sort((left, right) => readFileSync(left).length - readFileSync(right).length);
}

const largestPack = (repository: string) => packsBySize(repository).at(-1)!;
const smallestPack = (repository: string) => packsBySize(repository)[0]!;

function flipBit(path: string, at: number): void {
  chmodSync(path, 0o600);
  const bytes = readFileSync(path);
  bytes[at]! ^= 1;
  writeFileSync(path, bytes);
}

function isSame(left: string, right: string): boolean {
  try {
    return readFileSync(left).equals(readFileSync(right));
  } catch {
    return false;
  }
}
