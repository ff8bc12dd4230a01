import { HoldfastError } from "@holdfast/base";
import type { Run, RunKind, Vault } from "@holdfast/contract";
import type { Caller } from "../authz/caller.ts";
import { serverErrors } from "../errors.ts";
import { findDevice, keepersFor, lockDevice } from "../store/identities.ts";
import { findRun } from "../store/runs.ts";
import { installationScope } from "../store/scope.ts";
import { findVault, insertVault, vaultsOf } from "../store/vaults.ts";
import { vaultShape } from "./device-shape.ts";
import { addRun } from "./queue-run.ts";
import { runShape } from "./run-shape.ts";
import { found, freshId, nowOf, type Services } from "./services.ts";

/** What a keeper must be able to do to be given a vault. */
const keeperKinds: readonly RunKind[] = ["replicate", "drill"];

/**
 * Makes a vault and asks its device to make the repository. Which keeper can open it is decided here for good: the
 * device seals the password to that keeper's key.
 * @throws NOT_FOUND, NO_KEEPER, VAULT_EXISTS
 */
export async function createVault(
  services: Services,
  caller: Caller,
  deviceId: string,
  asked: { readonly name: string },
): Promise<{ vault: Vault; run: Run }> {
  const { organisationId } = await services.store.read(caller.scope, async (db) =>
    found(await findDevice(db, deviceId), "device"),
  );
  // Keepers belong to the provider, out of sight of a client's own people.
  const [keeper] = await services.store.read(installationScope, (db) => keepersFor(db, organisationId, keeperKinds));
  if (keeper?.sealingKey === undefined || keeper.sealingKey === null)
    throw new HoldfastError(serverErrors.noKeeper, "No keeper is enrolled that could hold the key of this vault.");
  const { identityId: keeperId, sealingKey: keeperSealingKey } = keeper;

  const made = await services.store.transact(caller.scope, async (tx) => {
    const device = found(await lockDevice(tx, deviceId), "device");
    if ((await vaultsOf(tx.db, [deviceId])).some((vault) => vault.name === asked.name))
      throw new HoldfastError(serverErrors.vaultExists, `The device has a vault named ${asked.name} already.`);
    const vaultId = freshId(services);
    await insertVault(tx, {
      vaultId,
      organisationId,
      deviceId,
      name: asked.name,
      createdAt: nowOf(services),
      keeperId,
      keeperSealingKey,
    });
    const runId = await addRun(services, tx, {
      by: caller.actor,
      device,
      vaultId,
      planId: null,
      executorId: deviceId,
      ask: { kind: "prepare-vault" },
    });
    tx.announce({ about: "device", deviceId });
    tx.audit({
      by: caller.actor,
      action: "vault.created",
      subject: { kind: "vault", id: vaultId },
      organisationId,
      detail: { name: asked.name, deviceId, keeperId, runId },
    });
    return { vaultId, runId };
  });
  return services.store.read(caller.scope, async (db) => ({
    vault: vaultShape(services, found(await findVault(db, made.vaultId), "vault"), []),
    run: runShape(found(await findRun(db, made.runId), "run")),
  }));
}
