import { createHash } from "node:crypto";
import { HoldfastError } from "@holdfast/base";
import { type Id, type PackId, type Repository } from "@holdfast/engine";
import type { FileHandle } from "@holdfast/storage";
import { World } from "../crash/world.ts";
import { storageWith, type KnownRepository } from "./damaged-repository.ts";
import { swappingStorage, type SwappingStorage } from "./swapped-file.ts";

/**
 * Says of one damaged file whether whoever depends on it notices. Asks only those: that is thousands of damages a
 * second, where opening, checking and restoring everything would be a hundred.
 */
export class FileJudge {
  readonly #storage: SwappingStorage;
  readonly #world: World;
  readonly #repository: Repository;
  readonly #packs: ReadonlyMap<string, ReturnType<Repository["packs"]> extends Generator<infer Pack> ? Pack : never>;

  private constructor(storage: SwappingStorage, world: World, repository: Repository) {
    this.#storage = storage;
    this.#world = world;
    this.#repository = repository;
    this.#packs = new Map([...repository.packs()].map((pack) => [pack.id, pack]));
  }

  static async of(known: KnownRepository): Promise<FileJudge> {
    const storage = swappingStorage(await storageWith(known));
    const world = new World("judge", { wrapStorage: () => storage });
    const repository = await world.open();
    await repository.loadIndex();
    return new FileJudge(storage, world, repository);
  }

  /**
   * Whether these bytes instead of the file's own are noticed.
   * @throws Error when something was read that was never written
   */
  async isNoticed(file: FileHandle, bytes: Uint8Array): Promise<boolean> {
    await this.#storage.swap(file, bytes);
    try {
      switch (file.type) {
        case "config":
          return await fails(() => this.#world.open());
        case "key":
          // What opens all the same was changed where nothing is secret; check compares the name with the hash.
          return (await fails(() => this.#world.open())) || nameOf(bytes) !== file.name;
        case "snapshot":
        case "index":
          return await fails(() => this.#repository.loadUnpacked(file.type as "index", file.name as Id));
        case "pack":
          return await this.#isPackNoticed(file.name as PackId, bytes);
        case "lock":
          return true; // nothing that is backed up depends on one
      }
    } finally {
      await this.#storage.swap(file, undefined);
    }
  }

  async #isPackNoticed(id: PackId, bytes: Uint8Array): Promise<boolean> {
    const { blobs } = this.#packs.get(id)!;
    const original = await this.#original(id);
    for (const { type, id: blobId, offset, length } of blobs) {
      const end = offset + length;
      if (Buffer.compare(bytes.subarray(offset, end), original.subarray(offset, end)) === 0) continue;
      let read: Uint8Array | undefined;
      await fails(async () => (read = await this.#repository.loadBlob(type, blobId)));
      if (read !== undefined && nameOf(read) !== blobId) throw new Error(`wrong data: ${type} ${blobId}`);
    }
    let findings = 0;
    const failed = await fails(async () => {
      findings = (await this.#repository.readPack(id, blobs)).findings.length;
    });
    return failed || findings > 0;
  }

  readonly #originals = new Map<PackId, Uint8Array>();

  async #original(id: PackId): Promise<Uint8Array> {
    let bytes = this.#originals.get(id);
    if (bytes === undefined) {
      const file = { type: "pack", name: id } as const;
      const swapped = await this.#storage.read(file);
      await this.#storage.swap(file, undefined);
      bytes = await this.#storage.read(file);
      await this.#storage.swap(file, swapped);
      this.#originals.set(id, bytes);
    }
    return bytes;
  }
}

async function fails(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return false;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return true;
  }
}

const nameOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
