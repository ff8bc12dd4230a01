import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { Repository } from "@holdfast/engine";
import { temporaryDirectory } from "@holdfast/testkit";
import { prepareVault } from "../../apps/agent/src/jobs/prepare-vault.ts";
import { ensureKey, rawPublicKey } from "../../apps/agent/src/state/key-file.ts";
import { openPartHome } from "../../apps/agent/src/state/part-home.ts";
import { unsealPassword } from "../../apps/agent/src/state/password-seal.ts";
import { readVaultPassword } from "../../apps/agent/src/state/vault-passwords.ts";
import { testAuthority } from "../../apps/agent/src/testing/authority.ts";
import { testRun } from "../../apps/agent/src/testing/run-context.ts";
import { heldGateway, vaultId } from "./held-gateway.ts";

const context = { clock: systemClock, random: systemRandom, log: silentLog };

async function situation() {
  const root = await temporaryDirectory();
  const gateway = await heldGateway(await testAuthority(), root);
  const home = await openPartHome(path.join(root, "home"), "agent");
  const keeperKey = await ensureKey(path.join(root, "keeper.pem"), "x25519");
  const keeperSealingKey = rawPublicKey(keeperKey).toString("base64");
  const job = { kind: "prepare-vault", vaultId, vaultName: "Files", access: gateway.access, keeperSealingKey } as const;
  return { root, home, keeperKey, job, ...gateway };
}

test("the password is made on the device, sealed to the keeper, and printed on the sheet that opens the vault", async () => {
  const { home, keeperKey, job, storage } = await situation();
  const run = testRun();
  const { result, sealedPassword } = await prepareVault(home, job, run);
  const password = await readVaultPassword(home, vaultId);
  expect(Buffer.from(password ?? "", "base64url").byteLength).toBe(32);
  expect(unsealPassword(sealedPassword ?? "", keeperKey)).toBe(password);
  const repository = await Repository.open(storage, { password: password ?? "" }, context);
  expect(result).toEqual({ kind: "prepare-vault", repositoryId: repository.id });
  const [sheet = ""] = await readdir(home.recoveryFolder);
  expect(await readFile(path.join(home.recoveryFolder, sheet), "utf8")).toContain(password);
  expect(JSON.stringify([result, run.said])).not.toContain(password);
});

test("a preparation that ends at any call of the storage is complete after the next, under the same password", async () => {
  const undisturbed = await situation();
  await prepareVault(undisturbed.home, undisturbed.job, testRun());
  const calls = undisturbed.storage.calls.length;
  expect(calls).toBeGreaterThan(4);
  for (let nth = 0; nth < calls; nth += 1) {
    const { home, job, storage } = await situation();
    const { operation, type } = undisturbed.storage.calls[nth]!;
    const same = undisturbed.storage.calls
      .slice(0, nth + 1)
      .filter((call) => call.operation === operation && call.type === type);
    const pause = storage.pauseBefore(operation, type, same.length);
    const run = testRun();
    const ended = prepareVault(home, job, run).catch((error: unknown) => error);
    await pause.reached;
    run.end();
    pause.resume();
    await ended;
    const before = await readVaultPassword(home, vaultId);
    expect(await prepareVault(home, job, testRun())).toMatchObject({ outcome: "succeeded" });
    expect(await readVaultPassword(home, vaultId)).toBe(before);
    expect((await storage.names("key")).length).toBe(1);
  }
});

test("what is there already and opens with another password is left as it is", async () => {
  const { home, job, storage } = await situation();
  const kdf = { N: 2, r: 1, p: 1 };
  await Repository.init(storage, { password: "somebody else's", hostname: "h", username: "u", kdf }, context);
  const names = await Promise.all([storage.names("key"), storage.read({ type: "config", name: "" })]);
  await expect(prepareVault(home, job, testRun())).rejects.toMatchObject({ code: "AGENT_VAULT_OCCUPIED" });
  expect(await Promise.all([storage.names("key"), storage.read({ type: "config", name: "" })])).toEqual(names);
});

test("a vault's address that would carry the token in the clear is refused", async () => {
  const { home, job, storage } = await situation();
  for (const url of ["rest:http://127.0.0.1:1/v/", "https://127.0.0.1:1/v/", "local:/tmp/v", "/tmp/v"]) {
    const access = { ...job.access, url };
    await expect(prepareVault(home, { ...job, access }, testRun())).rejects.toMatchObject({
      code: "STORAGE_BAD_ADDRESS",
    });
  }
  expect(storage.calls).toEqual([]);
});
