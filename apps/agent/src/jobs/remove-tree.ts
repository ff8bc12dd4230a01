import { chmod, readdir, rm } from "node:fs/promises";
import { systemCodeOf } from "@holdfast/base";
import { privateFolderMode } from "../state/private-folder.ts";

/**
 * Removes a folder with all that is in it, also where restored modes forbid an ordinary user to. Nothing outside is
 * followed or touched; one that is not there is success.
 * @throws the system's error for what cannot be removed at all
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    const code = systemCodeOf(error);
    if (code !== "EACCES" && code !== "EPERM" && code !== "ENOTEMPTY") throw error;
    await openUp(Buffer.from(path));
    await rm(path, { recursive: true, force: true });
  }
}

/** Lets the owner list and empty every folder. Names are bytes: what was backed up need not be UTF-8. */
async function openUp(folder: Buffer): Promise<void> {
  await chmod(folder, privateFolderMode);
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: "buffer" })) {
    if (entry.isDirectory()) await openUp(Buffer.concat([folder, Buffer.from("/"), entry.name]));
  }
}
