import { chmod, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { HoldfastError, messageOf } from "@holdfast/base";
import { upErrors } from "./errors.ts";

/** Everything that one installation on one machine keeps, below one folder that only its user can read. */
export interface Home {
  readonly folder: string;
  readonly logs: string;
  /** What the gateway stands in front of. */
  readonly repositories: string;
  /** The second place. On the same disk it protects from mistakes, not from the disk; the summary says so. */
  readonly offsite: string;
}

/** @throws UP_HOME_UNUSABLE */
export async function openHome(path: string): Promise<Home> {
  const folder = resolve(path);
  const home = {
    folder,
    logs: join(folder, "logs"),
    repositories: join(folder, "repositories"),
    offsite: join(folder, "offsite"),
  };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    for (const inside of [home.logs, home.repositories, home.offsite]) {
      await mkdir(inside, { recursive: true, mode: 0o700 });
    }
  } catch (error) {
    throw new HoldfastError(upErrors.homeUnusable, `${folder} cannot be used: ${messageOf(error)}`, { cause: error });
  }
  return home;
}
