import { availableParallelism } from "node:os";
import { HoldfastError, KiB, messageOf } from "@holdfast/base";
import type { Storage } from "@holdfast/storage";
import { openKeyFile, parseKeyFile } from "../crypto/key-file.ts";
import type { MasterKey } from "../crypto/master-key.ts";
import { SealBrokenError } from "../crypto/seal.ts";
import { engineErrors } from "../errors.ts";
import { idOf, type Id } from "../id.ts";

/** Each try costs a good part of a second of computing; restic stops here too. */
const keysMax = 20;
/** A key file has half a kilobyte. */
export const keyFileBytesMax = 64 * KiB;
/** No more than the thread pool of Node.js runs at once, and than help each other; each takes 32 MiB or more. */
const triesAtOnce = Math.min(4, availableParallelism());

/** A master key, and which key file it was in. */
export interface OpenedKey {
  readonly id: Id;
  readonly key: MasterKey;
}

/** The master keys of `openKeyFiles`. */
export async function* openKeys(...how: Parameters<typeof openKeyFiles>): AsyncGenerator<MasterKey> {
  for await (const { key } of openKeyFiles(...how)) yield key;
}

/**
 * Tries the password on the repository's keys and yields each master key that it opens, most promising first.
 *
 * @param keyHint first digits of the key's id that is tried first
 * @throws ENGINE_KEY_DAMAGED when none opened and at least one key file is not what its name says
 */
export async function* openKeyFiles(
  storage: Storage,
  password: string,
  options: { keyHint?: string | undefined; signal?: AbortSignal | undefined },
): AsyncGenerator<OpenedKey> {
  const { keyHint, signal } = options;
  const names: string[] = [];
  let damage: HoldfastError | undefined;
  for await (const { name, sizeBytes } of storage.list("key", signal)) {
    if (sizeBytes <= keyFileBytesMax) names.push(name);
    else damage ??= new HoldfastError(engineErrors.keyDamaged, `The key file ${name} is far too large to be one.`);
  }
  const isHinted = (name: string) => keyHint !== undefined && keyHint !== "" && name.startsWith(keyHint);
  names.sort((left, right) => Number(isHinted(right)) - Number(isHinted(left)) || (left < right ? -1 : 1));
  let isOneOpen = false;
  const tried = names.slice(0, keysMax);
  for (let at = 0; at < tried.length;) {
    // A key that was named is most likely the one: others beside it would only slow it down.
    const count = at === 0 && isHinted(tried[0]!) ? 1 : triesAtOnce;
    const tries = tried.slice(at, at + count).map((name) => openKey(storage, name as Id, password, signal));
    at += count;
    for (const attempt of tries) attempt.catch(() => {}); // of those behind one that opens nobody hears
    for (const trying of tries) {
      const attempt = await trying;
      if (attempt instanceof HoldfastError) damage ??= attempt;
      else if (attempt !== undefined) {
        isOneOpen = true;
        yield attempt;
      }
    }
  }
  if (!isOneOpen && damage !== undefined) throw damage;
}

/** The master key, or undefined when the password is another key's, or what is wrong with the file. */
async function openKey(
  storage: Storage,
  name: Id,
  password: string,
  signal: AbortSignal | undefined,
): Promise<OpenedKey | HoldfastError | undefined> {
  const json = await storage.read({ type: "key", name }, undefined, signal);
  const isAsNamed = idOf(json) === name;
  try {
    return { id: name, key: await openKeyFile(parseKeyFile(json), password) };
  } catch (error) {
    if (isAsNamed && error instanceof SealBrokenError) return undefined;
    return new HoldfastError(engineErrors.keyDamaged, `The key file ${name} is damaged.`, {
      cause: error,
      internal: messageOf(error),
    });
  }
}
