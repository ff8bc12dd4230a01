import { HoldfastError, messageOf } from "@holdfast/base";
import type { FileEntry, FileType, Storage } from "@holdfast/storage";
import type { EngineContext } from "../context.ts";
import type { MasterKey } from "../crypto/master-key.ts";
import { newNonce } from "../crypto/seal.ts";
import { engineErrors } from "../errors.ts";
import { idOf, type Id } from "../id.ts";
import { writeContentFile } from "./content-file.ts";
import {
  decodeUnpacked,
  encodeUnpacked,
  unpackedBytesMax,
  unpackedReadsBack,
  type UnpackedType,
} from "./unpacked-file.ts";

/** The small encrypted files of a repository. */
export class UnpackedFiles {
  readonly #storage: Storage;
  readonly #key: MasterKey;
  readonly #version: 1 | 2;
  readonly #context: EngineContext;
  readonly #listed = new Map<string, number>();

  constructor(storage: Storage, key: MasterKey, version: 1 | 2, context: EngineContext) {
    this.#storage = storage;
    this.#key = key;
    this.#version = version;
    this.#context = context;
  }

  /** All files of a type. Their sizes are remembered, so that loading one needs not ask for its size first. */
  async list(type: Exclude<FileType, "config">, signal?: AbortSignal): Promise<FileEntry[]> {
    const entries = await Array.fromAsync(this.#storage.list(type, signal));
    for (const { name, sizeBytes } of entries) this.#listed.set(name, sizeBytes);
    return entries;
  }

  /** @throws ENGINE_VERIFICATION_FAILED when what was encrypted does not read back; then nothing is stored */
  async save(type: UnpackedType, json: Uint8Array, signal?: AbortSignal): Promise<Id> {
    const { random, log } = this.#context;
    const stored = encodeUnpacked(this.#key, newNonce(random), this.#version, json);
    if (!unpackedReadsBack(this.#key, stored, json))
      throw new HoldfastError(
        engineErrors.verificationFailed,
        `This machine's memory or processor is unreliable: a fresh ${type} file did not read back. It was not stored.`,
      );
    const id = idOf(stored);
    await writeContentFile(this.#storage, type, id, stored, log, signal);
    return id;
  }

  /** @throws ENGINE_FILE_DAMAGED when the file is not what its name says, STORAGE_MISSING */
  async load(type: UnpackedType, id: Id, signal?: AbortSignal): Promise<Uint8Array> {
    const sizeBytes = this.#listed.get(id) ?? (await this.#storage.stat({ type, name: id }, signal)).sizeBytes;
    if (sizeBytes > unpackedBytesMax[type])
      throw new HoldfastError(engineErrors.fileDamaged, `The ${type} file ${id} is far too large to be one.`);
    let damage: unknown;
    for (let look = 0; look < 2; look += 1) {
      const file = { type, name: id, ...(look > 0 && { cache: "renew" as const }) };
      const stored = await this.#storage.read(file, undefined, signal);
      try {
        if (idOf(stored) !== id) throw new Error("its hash is not its name");
        return decodeUnpacked(this.#key, stored, unpackedBytesMax[type]);
      } catch (error) {
        damage = error; // perhaps only on the way here, or in the cache: look once more
      }
    }
    throw new HoldfastError(engineErrors.fileDamaged, `The ${type} file ${id} is damaged: ${messageOf(damage)}.`, {
      cause: damage,
    });
  }
}
