import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, readFile, readlink, rm, symlink, utimes, writeFile, chmod } from "node:fs/promises";
import path from "node:path";
import { silentLog, systemClock, systemRandom, type Clock } from "@holdfast/base";
import {
  backup,
  checkRepository,
  forgetSnapshots,
  listSnapshots,
  prune,
  repairIndex,
  Repository,
  restore,
  type SnapshotId,
} from "@holdfast/engine";
import { filesSource } from "@holdfast/sources";
import { localStorage } from "@holdfast/storage";
import type { SeededRandom } from "@holdfast/testkit";
import { mustRun } from "../start/program.ts";

/** What was in a folder: for each path its type, mode, time and content in one text. */
export type FolderState = ReadonlyMap<string, string>;

/** Who does an action: Holdfast's engine, or a restic by its path. */
export type Engine = "holdfast" | { readonly resticPath: string };

const owner = { hostname: "walk", username: "tester", pid: process.pid };

/** One repository on a real disk that several engines work in by turns. */
export class WalkingRepository {
  readonly folder: string;
  readonly source: string;
  password = "first";
  #offsetMs = 0;

  constructor(scratch: string) {
    this.folder = path.join(scratch, "repository");
    this.source = path.join(scratch, "source");
  }

  async init(): Promise<void> {
    await mkdir(this.source, { recursive: true });
    const options = { ...owner, password: this.password, kdf: { N: 1024, r: 8, p: 1 } };
    await Repository.init(localStorage(this.folder), options, this.#context());
  }

  /** From here on Holdfast's own clock is wrong by this much; restic has the machine's. */
  jumpClock(offsetMs: number): void {
    this.#offsetMs = offsetMs;
  }

  async backUp(engine: Engine): Promise<SnapshotId> {
    if (engine !== "holdfast") {
      const said = await this.#restic(engine, ["backup", "--json", "--host", owner.hostname, this.source]);
      const shortId = /"snapshot_id":"([0-9a-f]{8,64})"/.exec(said)?.[1] ?? "none"; // older ones shorten it
      const id = (await this.snapshotIds()).find((one) => one.startsWith(shortId));
      if (id === undefined) throw new Error(`restic names no snapshot: ${said}`);
      return id;
    }
    const repository = await this.open();
    const source = filesSource({ targets: [this.source], workingDir: this.source });
    const options = { ...owner, technology: "incremental", programVersion: "holdfast walk" } as const;
    return (await backup(repository, source, options)).snapshotId;
  }

  async forget(engine: Engine, id: SnapshotId): Promise<void> {
    if (engine !== "holdfast") return void (await this.#restic(engine, ["forget", id]));
    await this.#alone((repository) => forgetSnapshots(repository, [id]));
  }

  async prune(engine: Engine): Promise<void> {
    if (engine !== "holdfast") return void (await this.#restic(engine, ["prune", "--max-unused", "0"]));
    await prune(await this.open(), { lock: owner, maxUnused: { kind: "bytes", bytes: 0 } });
  }

  async repairIndex(engine: Engine): Promise<void> {
    if (engine !== "holdfast") return void (await this.#restic(engine, ["repair", "index"]));
    await this.#alone((repository) => repairIndex(repository));
  }

  async changePassword(newPassword: string): Promise<void> {
    await this.#alone((repository) =>
      repository.keys.changePassword({ ...owner, password: newPassword, kdf: { N: 1024, r: 8, p: 1 } }),
    );
    this.password = newPassword;
  }

  /** @throws Error naming what check found */
  async check(engine: Engine): Promise<void> {
    if (engine !== "holdfast") return void (await this.#restic(engine, ["check", "--read-data"]));
    const { errors } = await checkRepository(await this.open(), { readData: true });
    if (errors.length > 0) throw new Error(`check: ${errors.map(({ message }) => message).join("; ")}`);
  }

  /** Restores a snapshot into a new folder and reads what is there. */
  async restored(engine: Engine, id: SnapshotId, scratch: string): Promise<FolderState> {
    const target = path.join(scratch, "restored");
    if (engine === "holdfast") {
      const repository = await this.open();
      await restore(repository, { snapshotId: id, targetDir: target, threads: 0 });
    } else await this.#restic(engine, ["restore", id, "--target", target]);
    const state = await stateOf(path.join(target, this.source));
    await rm(target, { recursive: true });
    return state;
  }

  async snapshotIds(): Promise<SnapshotId[]> {
    const repository = await this.open();
    const snapshots = await listSnapshots(repository, (_, error) => {
      throw error;
    });
    return snapshots.map(({ id }) => id);
  }

  /** Loses an index file, as a disk may; the packs still know what is in them. */
  async loseIndex(random: SeededRandom): Promise<void> {
    const storage = localStorage(this.folder);
    const names = (await Array.fromAsync(storage.list("index"))).map(({ name }) => name).sort();
    if (names.length > 0) await storage.remove({ type: "index", name: names[random.below(names.length)]! });
  }

  open(): Promise<Repository> {
    const options = { password: this.password, packBytesTarget: 300_000 };
    return Repository.open(localStorage(this.folder), options, this.#context());
  }

  #context() {
    const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + this.#offsetMs };
    return { clock, random: systemRandom, log: silentLog };
  }

  async #alone(work: (repository: Repository) => Promise<unknown>): Promise<void> {
    const repository = await this.open();
    const lock = await repository.lock("exclusive", owner);
    try {
      await work(repository);
    } finally {
      await lock.release();
    }
  }

  /** restic does not take away the lock of a killed process by itself, as Holdfast does: it must be told to. */
  async #restic({ resticPath }: Exclude<Engine, "holdfast">, words: readonly string[]): Promise<string> {
    const run = (...rest: string[]) =>
      mustRun(resticPath, ["-r", this.folder, "--no-cache", ...rest], {
        variables: { RESTIC_PASSWORD: this.password, TZ: "UTC" },
      });
    const locks = await readdir(path.join(this.folder, "locks"));
    if (locks.length > 0) await run("unlock");
    return run(...words);
  }
}

/** Some files come, change, move to other types and go. */
export async function changeFolder(folder: string, random: SeededRandom): Promise<void> {
  for (let change = 0; change < 8; change += 1) {
    const name = path.join(folder, `folder-${random.below(4)}`, `entry-${random.below(25)}`);
    await mkdir(path.dirname(name), { recursive: true });
    await rm(name, { recursive: true, force: true });
    const kind = random.below(10);
    if (kind === 0) continue;
    if (kind === 1) await symlink(`../entry-${random.below(25)}`, name);
    else if (kind === 2) await mkdir(name);
    else {
      const size = kind === 3 ? 700_000 + random.below(900_000) : random.below(30_000);
      await writeFile(name, random.bytes(size));
      await chmod(name, 0o400 + random.below(0o400));
      await utimes(name, random.below(2 ** 31), random.below(2 ** 31));
    }
  }
}

export async function stateOf(folder: string): Promise<FolderState> {
  const state = new Map<string, string>();
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const entry = path.join(folder, name);
    const { mode, mtimeMs, isSymbolicLink, isFile } = await lstatOf(entry);
    const content = isSymbolicLink ? await readlink(entry) : isFile ? hashOf(await readFile(entry)) : "";
    state.set(name, isSymbolicLink ? `link ${content}` : `${mode.toString(8)} ${isFile ? mtimeMs : ""} ${content}`);
  }
  return state;
}

async function lstatOf(entry: string) {
  const stats = await lstat(entry);
  return { mode: stats.mode, mtimeMs: stats.mtimeMs, isSymbolicLink: stats.isSymbolicLink(), isFile: stats.isFile() };
}

const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
