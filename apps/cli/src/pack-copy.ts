import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { HoldfastError, messageOf, systemCodeOf } from "@holdfast/base";
import { cliErrors } from "./errors.ts";

/**
 * Puts a damaged pack aside as `pack-<id>` in a folder, as restic does, and returns when it is on the disk. A copy that
 * an earlier run made of the same bytes will do; another file of that name is not replaced.
 * @throws CLI_UNWRITABLE_FILE, what reading the pack throws
 */
export async function keepPackCopy(folder: string, id: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const path = join(folder, `pack-${id}`);
  const partPath = `${path}.part`;
  const hash = createHash("sha256");
  try {
    await writeDurably(partPath, pieces, hash);
    const there = await hashOf(path);
    if (there === undefined) return await rename(partPath, path);
    await rm(partPath);
    if (there === hash.digest("hex")) return;
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    throw new HoldfastError(cliErrors.unwritableFile, `Cannot keep a copy as ${path}: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  throw new HoldfastError(cliErrors.unwritableFile, `${path} is there already and holds something else.`);
}

async function writeDurably(path: string, pieces: AsyncIterable<Uint8Array>, hash: Hash): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    for await (const piece of pieces) {
      hash.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Undefined when there is no such file. */
async function hashOf(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  return hash.digest("hex");
}
