import { chmod, mkdir } from "node:fs/promises";
import { HoldfastError, messageOf } from "@holdfast/base";
import { agentErrors } from "../errors.ts";

/** For folders and files that hold keys: nobody but the user who runs the part. */
export const privateFolderMode = 0o700;
export const privateFileMode = 0o600;

/**
 * Makes the folder, and those above it that are missing, readable by this user only. One that is there already is
 * closed to others.
 * @throws AGENT_HOME_UNUSABLE
 */
export async function ensurePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: privateFolderMode });
    await chmod(path, privateFolderMode);
  } catch (error) {
    throw new HoldfastError(agentErrors.homeUnusable, `Cannot make the folder ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
