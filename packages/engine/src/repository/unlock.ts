import { HoldfastError, isFailure } from "@holdfast/base";
import { storageErrors, type Storage } from "@holdfast/storage";
import type { EngineContext } from "../context.ts";
import { createKeyFile, serialiseKeyFile, type KdfParameters } from "../crypto/key-file.ts";
import { MasterKey } from "../crypto/master-key.ts";
import { newNonce, open, seal } from "../crypto/seal.ts";
import { engineErrors } from "../errors.ts";
import { idOf, type Id } from "../id.ts";
import { timestampNow } from "../timestamp-now.ts";
import { configDamaged, newConfig, parseConfig, serialiseConfig, type RepositoryConfig } from "./config.ts";
import { findConfigAside } from "./config-upgrade.ts";
import { isStored, writeContentFile } from "./content-file.ts";
import { openKeyFiles, openKeys, type OpenedKey } from "./open-keys.ts";

export interface Credentials {
  readonly password: string;
  /** First digits of the id of the key that is tried first. */
  readonly keyHint?: string;
}

export interface NewRepository {
  /** Format version, default 2. */
  readonly version?: 1 | 2;
  /** Another repository's, so that copies between the two deduplicate; default a new one. */
  readonly chunkerPolynomial?: bigint;
  /** What a guess at the password shall cost; default restic's. */
  readonly kdf?: KdfParameters;
  /** Whose key this is; written beside it for people to read. */
  readonly hostname: string;
  readonly username: string;
  /** An empty password protects nothing; it must be meant. */
  readonly allowsEmptyPassword?: boolean;
}

/** What it takes to read and write a repository. */
export interface Unlocked {
  readonly config: RepositoryConfig;
  readonly key: MasterKey;
  /** The key file that the master key was in. */
  readonly keyId: Id;
}

const configHandle = { type: "config", name: "" } as const;

/**
 * Makes a repository, key first and config last, so that one with a config is complete. An init that was
 * interrupted is taken up again with the key that it left.
 * @throws ENGINE_REPOSITORY_EXISTS, ENGINE_BAD_PASSWORD
 */
export async function initialise(
  storage: Storage,
  options: Credentials & NewRepository,
  context: EngineContext,
): Promise<Unlocked> {
  if (options.password === "" && options.allowsEmptyPassword !== true)
    throw new HoldfastError(engineErrors.badPassword, "A repository needs a password that is not empty.");
  await storage.create();
  if (await isStored(storage, configHandle)) throw repositoryExists(storage);
  for (const type of ["snapshot", "index"] as const)
    for await (const _ of storage.list(type)) throw repositoryExists(storage);

  const { key, id: keyId } = await ensureKey(storage, options, context);
  const config = newConfig(context.random, options.version ?? 2, options.chunkerPolynomial);
  try {
    await storage.write(configHandle, seal(key, newNonce(context.random), serialiseConfig(config)));
  } catch (error) {
    if (isFailure(error, storageErrors.exists)) throw repositoryExists(storage);
    throw error;
  }
  return { config, key, keyId };
}

/**
 * Opens a repository with whichever of its keys the password fits.
 * @throws ENGINE_NO_REPOSITORY, ENGINE_WRONG_PASSWORD, ENGINE_KEY_DAMAGED, ENGINE_CONFIG_DAMAGED,
 *   ENGINE_UNSUPPORTED_VERSION
 */
export async function unlock(
  storage: Storage,
  options: Credentials & { readonly signal?: AbortSignal },
): Promise<Unlocked> {
  const keys = openKeyFiles(storage, options.password, options);
  const firstKey = keys.next(); // its stretching takes longest, so it begins before the config is here
  firstKey.catch(() => {}); // what went wrong with the config says more
  const sealed = await readConfigFile(storage, options);
  let damage: HoldfastError | undefined;
  for (let next = await firstKey; next.done !== true; next = await keys.next()) {
    const { key, id: keyId } = next.value;
    try {
      return { config: parseConfig(openConfig(key, sealed)), key, keyId };
    } catch (error) {
      if (!isFailure(error, engineErrors.configDamaged)) throw error;
      damage = error;
    }
  }
  throw damage ?? new HoldfastError(engineErrors.wrongPassword, "Wrong password: no key of this repository opens.");
}

async function readConfigFile(
  storage: Storage,
  options: Credentials & { readonly signal?: AbortSignal },
): Promise<Uint8Array> {
  try {
    return await storage.read(configHandle, undefined, options.signal);
  } catch (cause) {
    if (!isFailure(cause, storageErrors.missing)) throw cause;
    const aside = await findAside(storage, options);
    if (aside !== undefined) return aside;
    throw new HoldfastError(engineErrors.noRepository, `There is no repository at ${storage.location}.`, { cause });
  }
}

async function findAside(
  storage: Storage,
  options: Credentials & { readonly signal?: AbortSignal },
): Promise<Uint8Array | undefined> {
  try {
    for await (const key of openKeys(storage, options.password, options)) {
      const aside = await findConfigAside(storage, key, options.signal);
      if (aside !== undefined) return aside;
    }
  } catch (error) {
    if (!isFailure(error, storageErrors.missing)) throw error; // not even the folders of a repository are there
  }
  return undefined;
}

function openConfig(key: MasterKey, sealed: Uint8Array): Uint8Array {
  try {
    return open(key, sealed);
  } catch (cause) {
    throw configDamaged(cause);
  }
}

/** The key that an interrupted init left, if the password opens it; else a new one, stored. */
async function ensureKey(
  storage: Storage,
  options: Credentials & NewRepository,
  context: EngineContext,
): Promise<OpenedKey> {
  for await (const opened of openKeyFiles(storage, options.password, {})) return opened;
  for await (const _ of storage.list("key")) throw repositoryExists(storage);
  const key = MasterKey.generate(context.random);
  const { password, hostname, username, kdf } = options;
  const about = { created: timestampNow(context.clock), hostname, username, ...(kdf !== undefined && { kdf }) };
  const json = serialiseKeyFile(await createKeyFile(key, password, about, context.random));
  const id = idOf(json);
  await writeContentFile(storage, "key", id, json, context.log);
  return { id, key };
}

function repositoryExists(storage: Storage): HoldfastError {
  return new HoldfastError(engineErrors.repositoryExists, `There is a repository at ${storage.location} already.`);
}
