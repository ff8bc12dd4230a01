import { join, resolve } from "node:path";
import { ensurePrivateFolder } from "./private-folder.ts";

/** The two roles of this program. */
export type Role = "agent" | "keeper";

/** Where a part keeps what is its own. Everything below `folder` is readable by this user only. */
export interface PartHome {
  readonly role: Role;
  /** What all parts on this machine share, as given with `--home`. Never backed up by this device's own plans. */
  readonly home: string;
  /** `<home>/agent` or `<home>/keeper`. */
  readonly folder: string;
  readonly journalFile: string;
  /** Drills restore into folders below; what a crash leaves there is removed at the next start. */
  readonly scratchFolder: string;
  /** What may be forgotten: copies of the vaults' small files, and their indexes. */
  readonly cacheFolder: string;
  /** Recovery sheets, for people. */
  readonly recoveryFolder: string;
  /** Drill certificates, for people. */
  readonly certificatesFolder: string;
}

export function partHome(home: string, role: Role): PartHome {
  const absolute = resolve(home);
  const folder = join(absolute, role);
  return {
    role,
    home: absolute,
    folder,
    journalFile: join(folder, "journal.sqlite"),
    scratchFolder: join(folder, "scratch"),
    cacheFolder: join(folder, "cache"),
    recoveryFolder: join(absolute, "recovery"),
    certificatesFolder: join(absolute, "certificates"),
  };
}

/** @throws AGENT_HOME_UNUSABLE */
export async function openPartHome(home: string, role: Role): Promise<PartHome> {
  const opened = partHome(home, role);
  await ensurePrivateFolder(opened.folder);
  return opened;
}
