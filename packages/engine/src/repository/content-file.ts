import { isFailure, type Log } from "@holdfast/base";
import { storageErrors, type FileHandle, type FileType, type Storage } from "@holdfast/storage";
import { idOf, type Id } from "../id.ts";

/**
 * Stores a file under the hash of its content. When a file of that name is there already, an earlier try got
 * through although its answer was lost: that is success if the content is right.
 */
export async function writeContentFile(
  storage: Storage,
  type: FileType,
  id: Id,
  bytes: Uint8Array,
  log: Log,
  signal?: AbortSignal,
  cache?: FileHandle["cache"],
): Promise<void> {
  try {
    await storage.write({ type, name: id, ...(cache !== undefined && { cache }) }, bytes, signal);
  } catch (error) {
    if (!isFailure(error, storageErrors.exists)) throw error;
    if (idOf(await storage.read({ type, name: id }, undefined, signal)) !== id) throw error;
    log.info("a file was stored already", { type, id });
  }
}

export async function isStored(storage: Storage, file: FileHandle, signal?: AbortSignal): Promise<boolean> {
  try {
    await storage.stat(file, signal);
    return true;
  } catch (error) {
    if (isFailure(error, storageErrors.missing)) return false;
    throw error;
  }
}
