import { HoldfastError, isFailure, silentLog, type Clock } from "@holdfast/base";
import {
  backup,
  engineErrors,
  Repository,
  type EngineContext,
  type LockOptions,
  type SnapshotId,
} from "@holdfast/engine";
import { localStorage, type Storage } from "@holdfast/storage";
import { crashDisk, seededRandom, type CrashDisk, type CrashDiskOptions } from "@holdfast/testkit";
import { modelSource } from "../model/model-source.ts";
import type { ModelTree } from "../model/model-tree.ts";
import { hurriedClock } from "./hurried-clock.ts";

export const password = "correct horse";
export const repositoryPath = "/repository";
/** Cheap to guess, so that opening a state costs nothing. */
export const kdf = { N: 16, r: 1, p: 1 };
/** So small that a backup of little has several packs. */
const session = { packBytesTarget: 700 };
/** Higher than any process id on Linux: who held this lock is dead. */
const deadPid = 2 ** 22 + 1;

/** What was promised about snapshots: which must be there, and what each holds. */
export interface History {
  /** Of each group one must be there at least, or one that stands for it. */
  readonly promised: readonly (readonly SnapshotId[])[];
  /** What each snapshot holds, by its id or by that of the one it stands for. */
  readonly contents: ReadonlyMap<SnapshotId, ModelTree>;
  /** What a snapshot may hold besides that was stored, although the verb that made it failed. */
  readonly unacknowledged?: readonly ModelTree[];
  /** Whether there may be snapshots that the model knows nothing of; they are only checked. */
  readonly hasStrangers?: boolean;
  /** One of these opens the repository; default the one it was made with. */
  readonly passwords?: readonly string[];
}

export interface WorldOptions extends CrashDiskOptions {
  readonly startMs?: number;
  /** Puts something between the engine and the storage. */
  readonly wrapStorage?: (storage: Storage, path: string) => Storage;
}

/** A machine with a disk, on which the engine's verbs run: one that will crash, or one that has come up again. */
export class World {
  readonly disk: CrashDisk;
  readonly clock: Clock;
  readonly context: EngineContext;
  readonly owner: LockOptions = { hostname: "testhost", username: "tester", pid: deadPid };
  /** What was backed up last. */
  tree: ModelTree = new Map();
  history: History = { promised: [], contents: new Map() };
  /** What snapshots of other repositories than the one that is judged hold. */
  readonly elsewhere = new Map<SnapshotId, ModelTree>();
  readonly #wrapStorage: (storage: Storage, path: string) => Storage;
  #backups = 0;

  constructor(seed: number | string, options: WorldOptions = {}) {
    this.#wrapStorage = options.wrapStorage ?? ((storage) => storage);
    this.clock = hurriedClock(options.startMs ?? Date.UTC(2026, 0, 1, 12));
    this.context = { clock: this.clock, random: seededRandom(`world ${seed}`), log: silentLog };
    this.disk = crashDisk({ nowMs: () => this.clock.nowMs(), ...options });
  }

  storage(path = repositoryPath): Storage {
    return this.#wrapStorage(
      localStorage(path, { disk: this.disk, clock: this.clock, random: this.context.random }),
      path,
    );
  }

  init(path = repositoryPath, options: { version?: 1 | 2 } = {}): Promise<Repository> {
    const { hostname, username } = this.owner;
    const credentials = { hostname, username, password, kdf };
    return Repository.init(this.storage(path), { ...session, ...credentials, ...options }, this.context);
  }

  /** With the first password that fits. */
  async open(path = repositoryPath): Promise<Repository> {
    const [first = password, ...others] = this.history.passwords ?? [];
    try {
      return await Repository.open(this.storage(path), { ...session, password: first }, this.context);
    } catch (error) {
      const [next] = others;
      if (next === undefined || !isFailure(error, engineErrors.wrongPassword)) throw error;
      return Repository.open(this.storage(path), { ...session, password: next }, this.context);
    }
  }

  /** Backs `tree` up, and promises it when the engine has. */
  async backUp(tree: ModelTree, path = repositoryPath): Promise<SnapshotId> {
    this.#backups += 1;
    await this.clock.sleep(1000);
    const { hostname, username, pid } = this.owner;
    const repository = await this.open(path);
    const technology = this.#backups % 3 === 0 ? "full" : "incremental";
    const options = { technology, hostname, username, pid, programVersion: "crash test" } as const;
    const { snapshotId, isComplete } = await backup(repository, modelSource(tree), options);
    if (!isComplete) {
      // Whoever is told that something is missing from a snapshot does not count on it.
      await this.storage(path).remove({ type: "snapshot", name: snapshotId });
      throw new HoldfastError(engineErrors.sourceUnreadable, "The backup says that it is not complete.");
    }
    if (path !== repositoryPath) {
      this.elsewhere.set(snapshotId, tree);
      return snapshotId;
    }
    const { promised, contents } = this.history;
    this.history = {
      ...this.history,
      promised: [...promised, [snapshotId]],
      contents: new Map(contents).set(snapshotId, tree),
    };
    this.tree = tree;
    return snapshotId;
  }
}
