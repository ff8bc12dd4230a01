import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { checkRepository, listSnapshots, readFile as readStored, Repository, walkTree } from "@holdfast/engine";
import { localStorage } from "@holdfast/storage";
import { seededRandom, temporaryDirectory, type SeededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { isLong, suiteSeed, tell } from "../model/suite.ts";
import { newestRestic } from "../interop/restic.ts";
import { mustRun } from "../start/program.ts";
import { runHoldfast, type KillPoint, type ProgramPlace } from "./killed-program.ts";

/** The long suite kills so often unless HOLDFAST_KILLS says how often. */
const killsWanted = Number(process.env["HOLDFAST_KILLS"] ?? (isLong ? 500 : 30));
const password = "kill";
const context = { clock: systemClock, random: systemRandom, log: silentLog };

/** Hashes of files by the end of their path. */
type Manifest = ReadonlyMap<string, string>;

test(`kill -9 of the program at ${killsWanted} random moments loses no snapshot and needs no help (seed ${suiteSeed})`, async () => {
  const random = seededRandom(`kills ${suiteSeed}`);
  const scratch = await temporaryDirectory();
  const [source, other] = [path.join(scratch, "source"), path.join(scratch, "other")];
  const repository = path.join(scratch, "repository");
  const variables = { HOLDFAST_PASSWORD: password, HOLDFAST_FROM_PASSWORD: password, HOLDFAST_NO_CACHE: "1" };
  const place: ProgramPlace = { repository, scratch, variables };
  for (const folder of [repository, other]) await makeRepository(folder);

  /** What every snapshot that was acknowledged, and not forgotten since, holds, by the id it had first. */
  const taken = new Map<string, Manifest>();
  /** The ids that those have now: tagging gives them others. */
  let current: ReadonlyMap<string, string> = new Map();
  const killed = new Map<string, number>();
  const usual = new Map<string, { operations: number; tookMs: number }>();

  const backup = ["backup", "--json", source];
  const mustSucceed = async (words: readonly string[]) => {
    const run = await runHoldfast(place, words);
    if (run.exitCode !== 0)
      throw new Error(`seed ${suiteSeed}: ${words.join(" ")} ended with ${run.exitCode}: ${run.stderr}${run.stdout}`);
    usual.set(words[0]!, run);
    return run;
  };
  const acknowledge = async (stdout: string) => {
    const id = /"snapshot_id":"([0-9a-f]{64})"/.exec(stdout)?.[1];
    if (id !== undefined) taken.set(id, await manifestOf(source));
    return id;
  };

  await changeSource(source, random);
  await acknowledge((await mustSucceed(backup)).stdout);
  await runHoldfast({ ...place, repository: other }, backup);

  for (let kills = 0, round = 0; kills < killsWanted; round += 1) {
    if (round > killsWanted * 4) throw new Error(`seed ${suiteSeed}: most runs end before they are killed`);
    await changeSource(source, random);
    if (taken.size < 3) await acknowledge((await mustSucceed(backup)).stdout);
    const first = [...taken.keys()][0]!;
    const oldest = current.get(first) ?? first;
    const words = random.pick([
      backup,
      backup,
      ["prune", "--max-unused", "0"],
      ["forget", oldest],
      ["forget", "--prune", oldest],
      ["tag", "--add", `round-${round}`],
      ["copy", "--from-repo", other],
      ["repair", "index"],
    ] as const);
    const verb = words[0];
    const { operations, tookMs } = usual.get(verb) ?? { operations: 40, tookMs: 600 };
    const point: KillPoint =
      random.below(2) === 0
        ? { kind: "operation", nth: 1 + random.below(Math.max(1, operations)), isAfter: random.below(2) === 0 }
        : { kind: "time", ms: tookMs * (0.3 + (0.7 * random.below(1000)) / 1000) };
    const run = await runHoldfast(place, words, point);
    if (verb === "backup") await acknowledge(run.stdout); // a run may be killed after it has answered
    if (run.isKilled) {
      kills += 1;
      killed.set(verb, (killed.get(verb) ?? 0) + 1);
    } else if (run.exitCode === 0) usual.set(verb, run);

    const dispensable = verb === "forget" ? first : undefined;
    current = await judgeRepository(repository, taken, dispensable);
    // The same again, without help; what was to be forgotten and is gone cannot be named again.
    const isForgotten = dispensable !== undefined && !current.has(dispensable);
    await mustSucceed(isForgotten ? ["prune"] : words);
    if (verb === "backup") await acknowledge((await mustSucceed(backup)).stdout);
    current = await judgeRepository(repository, taken, dispensable);
    if (dispensable !== undefined) {
      expect(current.has(dispensable)).toBe(false);
      taken.delete(dispensable);
    }
  }
  if (newestRestic !== undefined)
    await mustRun(newestRestic.path, ["-r", repository, "--no-cache", "check", "--read-data"], {
      variables: { RESTIC_PASSWORD: password },
    });
  tell(
    `kills: ${killsWanted} (seed ${suiteSeed}): ${[...killed].map(([verb, count]) => `${verb} ${count}`).join(", ")}`,
  );
});

async function makeRepository(folder: string): Promise<void> {
  const owner = { hostname: "kill", username: "tester" };
  await Repository.init(localStorage(folder), { ...owner, password, kdf: { N: 1024, r: 8, p: 1 } }, context);
}

async function changeSource(folder: string, random: SeededRandom): Promise<void> {
  for (let file = 0; file < 12; file += 1) {
    const name = path.join(folder, `folder-${random.below(4)}`, `file-${random.below(30)}`);
    await mkdir(path.dirname(name), { recursive: true });
    await writeFile(name, random.bytes(random.below(40_000)));
  }
}

async function manifestOf(folder: string): Promise<Manifest> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const manifest = new Map<string, string>();
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    manifest.set(path.relative(folder, file), hashOf([await readFile(file)]));
  }
  return manifest;
}

/**
 * Opens the repository as the next process would, checks every byte, and compares every promised snapshot.
 * @param dispensable a snapshot that may be gone, because the user asked for that
 * @returns the id under which each promised snapshot is there now: tagging gives it another
 */
async function judgeRepository(
  folder: string,
  taken: ReadonlyMap<string, Manifest>,
  dispensable: string | undefined,
): Promise<Map<string, string>> {
  const repository = await Repository.open(localStorage(folder), { password }, context);
  const { errors } = await checkRepository(repository, { readData: true });
  expect(errors).toEqual([]);
  const snapshots = await listSnapshots(repository, (_, error) => {
    throw error;
  });
  const found = new Map<string, string>();
  for (const [id, manifest] of taken) {
    const now = snapshots.find((snapshot) => snapshot.id === id || snapshot.original === id);
    if (now === undefined) {
      if (id !== dispensable) throw new Error(`seed ${suiteSeed}: snapshot ${id} is lost`);
      continue;
    }
    found.set(id, now.id);
    const stored = new Map<string, string>();
    const onFault = (_: unknown, error: Error) => {
      throw error;
    };
    for await (const { kind, names, node } of walkTree(repository, now.tree, { onFault })) {
      if (kind !== "entry") continue;
      const at = names.findIndex((name) => name.toString() === "source");
      stored.set(names.slice(at + 1).join("/"), hashOf(await Array.fromAsync(readStored(repository, node))));
    }
    expect(new Map([...stored].sort())).toEqual(new Map([...manifest].sort()));
  }
  return found;
}

function hashOf(pieces: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}
