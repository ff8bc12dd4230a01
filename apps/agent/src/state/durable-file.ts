import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { HoldfastError, messageOf, systemCodeOf } from "@holdfast/base";
import { agentErrors } from "../errors.ts";
import { privateFileMode } from "./private-folder.ts";

/**
 * Writes a small file so that after any crash, also of the power, it holds either what it held before or all of
 * `content`; when this returns, it is the latter. Readable by this user only.
 *
 * @throws AGENT_HOME_UNUSABLE
 */
export async function writeDurably(path: string, content: string): Promise<void> {
  // One fixed name: what a crash leaves is overwritten next time instead of piling up. One process per home writes.
  const unfinished = `${path}.unfinished`;
  try {
    const file = await open(unfinished, "w", privateFileMode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw new HoldfastError(agentErrors.homeUnusable, `Cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** The content of a file, or undefined when there is none. @throws AGENT_HOME_UNUSABLE */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw new HoldfastError(agentErrors.homeUnusable, `Cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Makes the names in a folder survive a power loss. Windows cannot, and keeps them itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
