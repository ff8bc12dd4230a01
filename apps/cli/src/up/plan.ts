import type { Device, Plan, Vault } from "@holdfast/contract";
import type { ProgressText } from "../output/progress.ts";
import { awaitRun, resultOf, type Waiting } from "./await-run.ts";

/** What the sample client is promised; the plan designer works out the rest from what it finds. */
const sampleObjectives = { rpoMinutes: 24 * 60, rtoMinutes: 4 * 60 };

/** Measures a folder through the agent: what is in it, how it compresses, how fast this machine is. */
export async function assess(waiting: Waiting, device: Device, path: string, report: (progress: ProgressText) => void) {
  const { apiClient, signal } = waiting;
  const params = { deviceId: device.deviceId };
  const begun = await apiClient.call("createRun", { params, body: { kind: "assess", paths: [path] } }, signal);
  return resultOf(await awaitRun(waiting, begun, report), "assess").assessment;
}

/** A plan for the assessed folder, proposed by the server and bound to the device and its vault. */
export async function bindPlan(
  { apiClient, signal }: Waiting,
  device: Device,
  vault: Vault,
  path: string,
): Promise<Plan> {
  const params = { deviceId: device.deviceId };
  const asked = { objectives: sampleObjectives, paths: [path] };
  const proposal = await apiClient.call("proposePlan", { params, body: asked }, signal);
  const body = { name: `Protect ${path}`.slice(0, 200), vaultId: vault.vaultId, proposal };
  return apiClient.call("bindPlan", { params, body }, signal);
}
