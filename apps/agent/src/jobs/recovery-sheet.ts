import { X509Certificate } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import type { RepositoryAccess } from "@holdfast/contract";
import { writeDurably } from "../state/durable-file.ts";
import type { PartHome } from "../state/part-home.ts";
import { ensurePrivateFolder } from "../state/private-folder.ts";

export interface RecoverySheet {
  readonly vaultId: string;
  readonly vaultName: string;
  readonly repositoryId: string;
  readonly access: RepositoryAccess;
  readonly password: string;
  readonly madeAtMs: number;
}

/** `<home>/recovery/<vault name>-<id>.txt`; what a name has that no file name should have is left out. */
export function recoverySheetFile(home: PartHome, vaultName: string, vaultId: string): string {
  const name = vaultName
    .replaceAll(/[^\p{L}\p{N}._-]+/gu, "-")
    .replaceAll(/^[.-]+|[.-]+$/g, "")
    .slice(0, 60);
  return join(home.recoveryFolder, `${name === "" ? "vault" : name}-${vaultId}.txt`);
}

/**
 * Writes the sheet that opens the vault on the day when nothing of Holdfast is left. Readable by this user only.
 * @returns its path
 * @throws AGENT_HOME_UNUSABLE
 */
export async function writeRecoverySheet(home: PartHome, sheet: RecoverySheet): Promise<string> {
  await ensurePrivateFolder(home.recoveryFolder);
  const path = recoverySheetFile(home, sheet.vaultName, sheet.vaultId);
  await writeDurably(path, textOf(sheet));
  return path;
}

function textOf(sheet: RecoverySheet): string {
  const { vaultId, vaultName, repositoryId, access, password, madeAtMs } = sheet;
  const shownName = vaultName.replaceAll(/\p{C}/gu, " ");
  // People paste these lines into a shell, and the address came from elsewhere.
  const address = access.url.replaceAll(/[^\w:/.[\]-]/g, encodeURIComponent).replaceAll("'", "%27");
  const withUser = address.replace("https://", "https://USER:TOKEN@");
  return `Recovery sheet of a Holdfast vault

Vault         ${shownName}
Vault id      ${vaultId}
Repository    ${repositoryId}
Address       ${address}
Device        ${hostname()}
Made at       ${new Date(madeAtMs).toISOString()}

Password      ${password}

Whoever has this password and the files of the repository can read every backup in it. Print this sheet, keep it
where you keep contracts and keys, and do not leave the file where others can read it.

The repository is a restic repository. The program restic (0.14 or newer, part of every Linux distribution) opens it
without Holdfast:

1. With the files of the repository at hand, from your provider or from a copy:

    export RESTIC_PASSWORD='${password}'
    export RESTIC_REPOSITORY=/path/to/the/repository
    restic snapshots
    restic check --read-data
    restic restore latest --target /path/to/an/empty/folder

2. Through the gateway, with a user name and a token from your provider, and with the certificate below in a file:

    export RESTIC_PASSWORD='${password}'
    export RESTIC_REPOSITORY='${withUser}'
    restic --cacert authority.pem snapshots
    restic --cacert authority.pem restore latest --target /path/to/an/empty/folder

${new X509Certificate(access.caPem).toString().trim()}
`;
}
