import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "@holdfast/base";
import { seededRandom, type FaultyStorage, type SeededRandom, type StorageCall } from "@holdfast/testkit";
import { startAgentProcess, type AgentProcess } from "../agent/agent-process.ts";
import { complete, deviceInstallation, handOut, snapshotOf } from "../agent/device-installation.ts";

const killsWanted = 20;
const seed = Number(process.env["HOLDFAST_TEST_SEED"] ?? 20_311);

/** Files and their hashes, by relative path. */
type Manifest = Map<string, string>;

/** A few hundred small files and some larger ones; every round changes some and adds bytes that no backup has yet. */
class Source {
  readonly folder: string;
  readonly #random: SeededRandom;

  constructor(folder: string, random: SeededRandom) {
    this.folder = folder;
    this.#random = random;
  }

  async change(round: number): Promise<void> {
    for (let file = 0; file < 40; file += 1) {
      const name = path.join(this.folder, `folder-${file % 7}`, `small-${this.#random.below(200)}`);
      await mkdir(path.dirname(name), { recursive: true });
      await writeFile(name, this.#random.bytes(this.#random.below(20_000)));
    }
    await writeFile(path.join(this.folder, `large-${round % 3}`), this.#random.bytes(6_000_000));
  }

  manifest(): Promise<Manifest> {
    return manifestOf(this.folder);
  }
}

async function manifestOf(folder: string): Promise<Manifest> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const hashed = files.map(async (file): Promise<[string, string]> => [
    path.relative(folder, file),
    createHash("sha256")
      .update(await readFile(file))
      .digest("hex"),
  ]);
  return new Map((await Promise.all(hashed)).sort());
}

interface KillPoint {
  readonly name: string;
  readonly reached: Promise<void>;
  /** Lets go of whatever waits there. */
  resume(): void;
}

/** When a backup makes the call that stood at `index` in one before it. */
function pauseAtCall(storage: FaultyStorage, calls: readonly StorageCall[], index: number): KillPoint {
  const { operation, type } = calls[index]!;
  const nth = calls.slice(0, index + 1).filter((call) => call.operation === operation && call.type === type).length;
  return { name: `${operation} ${type} ${nth}`, ...storage.pauseBefore(operation, type, nth) };
}

function randomPause(random: SeededRandom, tookMs: number): KillPoint {
  const ms = Math.round((random.below(1000) / 1000) * tookMs);
  return { name: `${ms} ms`, reached: systemClock.sleep(ms), resume: () => {} };
}

test(`kill -9 of the agent in mid-backup loses no snapshot and needs no help (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  const { root, server, storage, environment, prepareVault, backup, restic } = await deviceInstallation();
  const source = new Source(path.join(root, "source"), random);
  const taken = new Map<string, Manifest>();
  const restores = async (snapshotId: string) => {
    const target = path.join(root, `restored-${randomUUID()}`);
    await restic("restore", snapshotId, "--target", target);
    expect(await manifestOf(path.join(target, source.folder))).toEqual(taken.get(snapshotId));
  };

  let agent: AgentProcess = startAgentProcess("agent", environment);
  onTestFinished(() => agent.kill("SIGKILL").then(() => {}));
  let connection = await server.connection();
  await complete(connection, prepareVault);

  // Two backups that nothing disturbs say how long one takes and which calls of the storage it makes.
  let calls: readonly StorageCall[] = [];
  let tookMs = 0;
  for (let round = 0; round < 2; round += 1) {
    await source.change(round);
    const callsBefore = storage.calls.length;
    const beganMs = systemClock.monotonicMs();
    const finished = await complete(connection, backup(source.folder));
    tookMs = systemClock.monotonicMs() - beganMs;
    calls = storage.calls.slice(callsBefore);
    taken.set(snapshotOf(finished), await source.manifest());
  }

  const killedAt: string[] = [];
  let missed = 0;
  for (let round = 2; killedAt.length < killsWanted; round += 1) {
    expect(missed).toBeLessThan(killsWanted); // else nearly every kill comes before or after the backup
    await source.change(round);
    const at =
      random.below(2) === 0 ? pauseAtCall(storage, calls, random.below(calls.length)) : randomPause(random, tookMs);
    const runId = await handOut(connection, backup(source.folder));
    const over = connection.next("finished");
    await Promise.race([over, at.reached]);
    expect(await agent.kill("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
    at.resume();
    await restores(random.pick([...taken.keys()] as [string, ...string[]]));

    agent = startAgentProcess("agent", environment);
    connection = await server.connection();
    taken.set(snapshotOf(await complete(connection, backup(source.folder))), await source.manifest());
    const [report] = connection.received.filter((message) => message.type === "finished" && message.runId === runId);
    if (report?.type === "finished" && report.outcome === "failed") {
      expect(report.failure?.code).toBe("AGENT_INTERRUPTED");
      killedAt.push(at.name);
    } else missed += 1; // it had not begun, or was over before the kill
    await restic("check");
  }
  console.info(`killed at: ${killedAt.join(", ")}; not in mid-backup: ${missed}`);

  await restic("check", "--read-data");
  for (const snapshotId of taken.keys()) await restores(snapshotId);
  expect(await agent.kill("SIGTERM")).toEqual({ code: 0, signal: null });
});
