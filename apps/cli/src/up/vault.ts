import { HoldfastError } from "@holdfast/base";
import type { Device, Vault } from "@holdfast/contract";
import type { ProgressText } from "../output/progress.ts";
import { awaitRun, type Waiting } from "./await-run.ts";
import { upErrors } from "./errors.ts";

/**
 * The device's vault with its repository, made at the first start. The device makes the password; the server only ever
 * holds the copy that is sealed to the keeper.
 */
export async function ensureVault(
  waiting: Waiting,
  device: Device,
  report: (progress: ProgressText) => void,
): Promise<{ readonly vault: Vault; readonly isNew: boolean }> {
  const { apiClient, signal } = waiting;
  if (device.vault?.state === "ready") return { vault: device.vault, isNew: false };
  const params = { deviceId: device.deviceId };
  const run =
    device.vault === null
      ? (await apiClient.call("createVault", { params, body: { name: `${device.name} files` } }, signal)).run
      : await preparation(waiting, device, device.vault);
  await awaitRun(waiting, run, report);
  const { vault } = await apiClient.call("getDevice", { params }, signal);
  if (vault?.state === "ready") return { vault, isNew: true };
  throw new HoldfastError(upErrors.runFailed, `The vault of ${device.name} was not made ready.`);
}

/** A vault that an earlier start left half made: the run that makes it, or that failed to. */
async function preparation({ apiClient, signal }: Waiting, device: Device, vault: Vault) {
  const { items } = await apiClient.call("listRuns", { query: { deviceId: device.deviceId, limit: 500 } }, signal);
  const run = items.find((each) => each.kind === "prepare-vault" && each.vaultId === vault.vaultId);
  if (run !== undefined) return run;
  throw new HoldfastError(upErrors.runFailed, `Nothing is at work on the vault "${vault.name}".`);
}
