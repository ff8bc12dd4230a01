import { HoldfastError, equalBytes, isFailure } from "@holdfast/base";
import { storageErrors, type Storage } from "@holdfast/storage";
import type { EngineContext } from "../context.ts";
import type { MasterKey } from "../crypto/master-key.ts";
import { newNonce, open, seal } from "../crypto/seal.ts";
import { engineErrors } from "../errors.ts";
import { idOf, type Id } from "../id.ts";
import { parseConfig, serialiseConfig, type RepositoryConfig } from "./config.ts";
import { isStored, writeContentFile } from "./content-file.ts";

const configHandle = { type: "config", name: "" } as const;
/** A config is under 200 bytes; a pack below this is looked into when the config is gone. */
const asideBytesMax = 1024;
const triesMax = 5;

/**
 * Replaces the config by one that says version 2. No storage replaces a file, so for a moment there is none; the old
 * one lies aside meanwhile, among the packs, where it harms nobody: no index names it. Killed in that moment, the
 * next `findConfigAside` brings it back.
 * @returns when the new config is there and reads back
 */
export async function upgradeConfig(
  storage: Storage,
  key: MasterKey,
  config: RepositoryConfig,
  context: EngineContext,
  signal?: AbortSignal,
): Promise<void> {
  const old = await storage.read(configHandle, undefined, signal);
  const upgraded = seal(key, newNonce(context.random), serialiseConfig({ ...config, version: 2 }));
  const aside = { type: "pack", name: idOf(old) } as const;
  await writeContentFile(storage, "pack", aside.name, old, context.log, signal);
  try {
    await replaceConfig(storage, old, upgraded, signal);
  } catch (error) {
    await bringBack(storage, key, old);
    throw error;
  }
  await storage.remove(aside, signal);
}

/** Whoever asked to stop does not want a repository without config, nor one whose config the storage has spoilt. */
async function bringBack(storage: Storage, key: MasterKey, old: Uint8Array): Promise<void> {
  if (await isStored(storage, configHandle)) {
    if (isConfig(key, await storage.read(configHandle))) return;
    await storage.remove(configHandle);
  }
  await storage.write(configHandle, old);
}

/** Somebody who opened the repository in the moment without config may have brought the old one back: then once more. */
async function replaceConfig(
  storage: Storage,
  old: Uint8Array,
  upgraded: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await storage.remove(configHandle, signal);
    try {
      await storage.write(configHandle, upgraded, signal);
    } catch (error) {
      if (!isFailure(error, storageErrors.exists) || attempt === triesMax) throw error;
    }
    const stored = await storage.read(configHandle, undefined, signal);
    if (equalBytes(stored, upgraded)) return;
    if (!equalBytes(stored, old) || attempt === triesMax)
      throw new HoldfastError(engineErrors.configDamaged, "The new config did not read back.");
  }
}

/**
 * Puts a config back that an interrupted upgrade left aside.
 * @returns the config file's bytes, or undefined when there is none
 */
export async function findConfigAside(
  storage: Storage,
  key: MasterKey,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  for await (const { name, sizeBytes } of storage.list("pack", signal)) {
    if (sizeBytes > asideBytesMax) continue;
    const bytes = await storage.read({ type: "pack", name }, undefined, signal);
    if (idOf(bytes) !== (name as Id) || !isConfig(key, bytes)) continue;
    try {
      await storage.write(configHandle, bytes, signal);
    } catch (error) {
      if (!isFailure(error, storageErrors.exists)) throw error;
    }
    return bytes;
  }
  return undefined;
}

/** Sealed with the repository's own key, so nobody else can have put it there. */
function isConfig(key: MasterKey, bytes: Uint8Array): boolean {
  try {
    parseConfig(open(key, bytes));
    return true;
  } catch {
    return false;
  }
}
