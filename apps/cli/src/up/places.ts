import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { partHome, recoverySheetFile, vaultPasswordFile } from "@holdfast/agent";
import type { Home } from "./home.ts";
import type { Protection } from "./protect.ts";
import type { Places } from "./summary.ts";

/** Where the parts of this installation put what a person may need. */
export async function findPlaces(home: Home, consoleUrl: string, protection: Protection): Promise<Places> {
  const { vault, plan, certificate } = protection;
  const agent = partHome(home.folder, "agent");
  return {
    repositoryPath: join(home.repositories, vault.vaultId),
    copyPath: plan.spec.copies > 0 ? join(home.offsite, vault.vaultId) : undefined,
    certificatePath: await certificateFile(agent.certificatesFolder, certificate.body.certificateId),
    recoveryPasswordFile: vaultPasswordFile(agent, vault.vaultId),
    recoverySheet: recoverySheetFile(agent, vault.name, vault.vaultId),
    consoleUrl,
    logs: home.logs,
  };
}

/** The keeper names certificates for people; the id is a part of each name. */
async function certificateFile(folder: string, certificateId: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  return join(folder, names.find((name) => name.includes(certificateId)) ?? `${certificateId}.json`);
}
