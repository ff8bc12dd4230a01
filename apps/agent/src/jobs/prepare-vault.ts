import { HoldfastError, isFailure } from "@holdfast/base";
import { Repository, engineErrors } from "@holdfast/engine";
import type { Storage } from "@holdfast/storage";
import { agentErrors } from "../errors.ts";
import type { JobOf, JobOutcome, RunContext } from "../runs/run-context.ts";
import type { PartHome } from "../state/part-home.ts";
import { sealPassword } from "../state/password-seal.ts";
import { ensureVaultPassword } from "../state/vault-passwords.ts";
import { writeRecoverySheet } from "./recovery-sheet.ts";
import { repositoryUser } from "./repository-user.ts";
import { openVaultStorage } from "./vault-storage.ts";

/**
 * Makes a vault: its password here on the device, its repository through the gateway, a copy of the password sealed to
 * the keeper, and the recovery sheet. Each step finds what an interrupted try left, so it can be repeated until it is done.
 */
export async function prepareVault(home: PartHome, job: JobOf<"prepare-vault">, run: RunContext): Promise<JobOutcome> {
  const { vaultId, vaultName, access } = job;
  const password = await ensureVaultPassword(home, vaultId, run.random);
  const storage = await openVaultStorage(access, run, run.signal);
  try {
    const repository = await ensureRepository(storage, password, run);
    const madeAtMs = run.clock.nowMs();
    await writeRecoverySheet(home, { vaultId, vaultName, repositoryId: repository.id, access, password, madeAtMs });
    run.say("info", "The vault is ready. Its recovery sheet lies on the device; print it and keep it safe.");
    return {
      outcome: "succeeded",
      result: { kind: "prepare-vault", repositoryId: repository.id },
      failure: null,
      sealedPassword: sealPassword(password, job.keeperSealingKey),
    };
  } finally {
    await storage.close();
  }
}

async function ensureRepository(storage: Storage, password: string, run: RunContext): Promise<Repository> {
  try {
    return await Repository.open(storage, { password, signal: run.signal }, run);
  } catch (error) {
    if (isFailure(error, engineErrors.wrongPassword)) throw occupied(storage, error);
    if (!isFailure(error, engineErrors.noRepository)) throw error;
  }
  const { hostname, username } = repositoryUser();
  try {
    return await Repository.init(storage, { password, hostname, username }, run);
  } catch (error) {
    if (isFailure(error, engineErrors.repositoryExists)) throw occupied(storage, error);
    throw error;
  }
}

function occupied(storage: Storage, cause: unknown): HoldfastError {
  return new HoldfastError(
    agentErrors.vaultOccupied,
    `There is something at ${storage.location} that this vault's password does not open.`,
    { cause },
  );
}
