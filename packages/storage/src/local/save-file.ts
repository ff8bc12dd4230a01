import { dirname } from "node:path";
import { systemCodeOf, toHex, type Random } from "@holdfast/base";
import { piecesOfCaller } from "../file-body.ts";
import type { FileBody } from "../storage.ts";
import type { Disk, NewFile } from "./disk.ts";

export interface SaveFileOptions {
  readonly disk: Disk;
  readonly random: Random;
  /** Permission bits of the finished file. */
  readonly mode: number;
  /** Makes the folder of the file when it is missing; false when there is no place to make it in. */
  readonly makeFolder: () => Promise<boolean>;
  /** Told when the file system cannot sync, which is worth a warning and no more. */
  readonly onUnsynced: (code: string) => void;
}

/**
 * Stores `body` as `path` so that at every moment, also after power loss, the name is either absent or has the whole
 * content: a temporary file beside it is filled, synced and closed, then gets its name, then the directory is synced.
 * Whatever fails, the temporary file goes.
 *
 * @throws CallerFailure, else the system's errors; EEXIST when `path` is taken
 * @see restic internal/backend/local; reliability F02-F06
 */
export async function saveFile(
  path: string,
  body: Uint8Array | FileBody,
  options: SaveFileOptions,
  signal?: AbortSignal,
): Promise<void> {
  const { disk } = options;
  const temporary = `${path}-tmp-${toHex(options.random.bytes(8))}`;
  const file = await createFile(temporary, options);
  try {
    try {
      for await (const piece of piecesOfCaller(body, signal)) await file.append(piece);
      await file.setMode(options.mode);
      await synced(() => file.sync(), options.onUnsynced);
    } finally {
      await file.close(); // Network file systems report a full disk only here.
    }
    await nameFile(disk, temporary, path);
  } catch (error) {
    await disk.removeFile(temporary).catch(() => {}); // What went wrong first is what people need to know.
    throw error;
  }
  try {
    await synced(() => disk.syncDirectory(dirname(path)), options.onUnsynced);
  } catch (error) {
    // The name may be lost in a power cut, so the write has failed; a failed write leaves nothing.
    await disk.removeFile(path).catch(() => {});
    throw error;
  }
}

async function createFile(path: string, { disk, makeFolder }: SaveFileOptions): Promise<NewFile> {
  try {
    return await disk.createFile(path);
  } catch (error) {
    // Copies made by other tools lack the empty folders.
    if (systemCodeOf(error) !== "ENOENT" || !(await makeFolder())) throw error;
    return disk.createFile(path);
  }
}

/** Gives the finished file its name. A link never replaces what is there; a rename would. */
async function nameFile(disk: Disk, temporary: string, path: string): Promise<void> {
  try {
    await disk.link(temporary, path);
  } catch (error) {
    if (!codesOfNoLinks.has(systemCodeOf(error) ?? "")) throw error;
    return renameToFree(disk, temporary, path);
  }
  await disk.removeFile(temporary).catch(() => {}); // Untidy at worst: no listing shows it.
}

/** What file systems without hard links answer: FAT, some network mounts. */
const codesOfNoLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

const renaming = new Map<string, Promise<void>>();

/**
 * Without links, looking and renaming are two steps. Within this process they go one after the other; between
 * processes the later of two simultaneous writers wins, which matters only to the config: other names are hashes.
 */
async function renameToFree(disk: Disk, temporary: string, path: string): Promise<void> {
  const before = renaming.get(path) ?? Promise.resolve();
  const mine = before.then(async () => {
    if (await isThere(disk, path)) throw Object.assign(new Error(`${path} exists`), { code: "EEXIST" });
    await disk.rename(temporary, path);
  });
  const settled = mine.catch(() => {});
  renaming.set(path, settled);
  try {
    await mine;
  } finally {
    if (renaming.get(path) === settled) renaming.delete(path);
  }
}

async function isThere(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.entry(path);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Some network mounts have no sync; the bytes are then as safe as that mount makes them. */
export async function synced(sync: () => Promise<void>, onUnsynced: (code: string) => void): Promise<void> {
  try {
    await sync();
  } catch (error) {
    const code = systemCodeOf(error) ?? "";
    if (!codesOfNoSync.has(code)) throw error;
    onUnsynced(code);
  }
}

const codesOfNoSync = new Set(["ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "ENOTTY"]);
