import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { backup, Repository, type BackupResult } from "@holdfast/engine";
import { filesSource } from "@holdfast/sources";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { ensureKeeperKeys } from "../../apps/agent/src/state/keeper-keys.ts";
import { rawPublicKey } from "../../apps/agent/src/state/key-file.ts";
import { openPartHome } from "../../apps/agent/src/state/part-home.ts";
import { sealPassword } from "../../apps/agent/src/state/password-seal.ts";
import { testAuthority } from "../../apps/agent/src/testing/authority.ts";
import { heldGateway, vaultId } from "./held-gateway.ts";

export const context = { clock: systemClock, random: systemRandom, log: silentLog };
export const password = "the password of the vault";
const kdf = { N: 2, r: 1, p: 1 }; // what a guess costs is not what these tests are about

/** A keeper and a vault that is sealed to it, behind a real gateway, with whatever the test backs up. */
export async function sealedVault() {
  const root = await temporaryDirectory();
  const gateway = await heldGateway(await testAuthority(), root);
  const home = await openPartHome(path.join(root, "home"), "keeper");
  const keys = await ensureKeeperKeys(home);
  const own = { hostname: "device", username: "user" };
  const repository = await Repository.init(gateway.storage, { password, kdf, ...own }, context);
  const source = path.join(root, "source");
  await mkdir(source);
  const backUp = async (): Promise<BackupResult> => {
    const files = filesSource({ targets: [source], workingDir: "/" });
    const options = { technology: "incremental", ...own, pid: process.pid, programVersion: "test" } as const;
    return backup(await Repository.open(gateway.storage, { password }, context), files, options);
  };
  return {
    root,
    home,
    keys,
    keeper: { home, keys },
    ...gateway,
    polynomial: repository.chunkerPolynomial,
    source,
    backUp,
    /** Puts a file of so many incompressible bytes into the source. */
    put: (name: string, bytes: number) => writeFile(path.join(source, name), seededRandom(name).bytes(bytes)),
    vaultJob: {
      organisationId: "018f0000-0000-7000-8000-000000000001",
      organisationName: "Client",
      deviceId: "018f0000-0000-7000-8000-000000000002",
      deviceName: "files-1",
      vaultId,
      access: gateway.access,
      sealedPassword: sealPassword(password, rawPublicKey(keys.sealing).toString("base64")),
    },
  };
}
