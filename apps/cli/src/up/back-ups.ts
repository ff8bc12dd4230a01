import type { Plan, Run, SnapshotRecord } from "@holdfast/contract";
import type { ProgressText } from "../output/progress.ts";
import { awaitRun, resultOf, type Waiting } from "./await-run.ts";

type Report = (progress: ProgressText) => void;
type NewRun =
  | { readonly kind: "backup"; readonly technology: "full" | "incremental" }
  | { readonly kind: "replicate" }
  | { readonly kind: "drill" };

const snapshotsMax = 500;

/** A backup through the gateway by the plan. */
export async function backUp(waiting: Waiting, plan: Plan, technology: "full" | "incremental", report: Report) {
  return resultOf(await perform(waiting, plan, { kind: "backup", technology }, report), "backup");
}

/** What is at the second place now, after some was copied there. */
export interface Replicated {
  readonly place: string;
  readonly copied: number;
  readonly bytes: number;
}

/**
 * Every snapshot that the second place does not have yet, copied there by the keeper and verified on the way. The
 * server replicates by itself as well, and asking for what is going on already gives that run: it may have begun before
 * the newest snapshot was made, and then there is another round.
 */
export async function replicate(waiting: Waiting, plan: Plan, report: Report): Promise<Replicated> {
  for (let copied = 0, bytes = 0; ;) {
    const round = resultOf(await perform(waiting, plan, { kind: "replicate" }, report), "replicate");
    copied += round.copied.length;
    bytes += round.bytes;
    const [newest] = await listSnapshots(waiting, plan.deviceId);
    if (newest === undefined || newest.copiedTo.includes(round.place)) return { place: round.place, copied, bytes };
  }
}

/** The newest snapshot restored into scratch by the keeper and compared with what the device had. */
export async function drill(waiting: Waiting, plan: Plan, report: Report) {
  return resultOf(await perform(waiting, plan, { kind: "drill" }, report), "drill");
}

/** The device's snapshots, newest first. */
export async function listSnapshots({ apiClient, signal }: Waiting, deviceId: string): Promise<SnapshotRecord[]> {
  const input = { params: { deviceId }, query: { limit: snapshotsMax } };
  return (await apiClient.call("listSnapshots", input, signal)).items;
}

async function perform(waiting: Waiting, plan: Plan, asked: NewRun, report: Report): Promise<Run> {
  const { apiClient, signal } = waiting;
  const input = { params: { deviceId: plan.deviceId }, body: { ...asked, planId: plan.planId } };
  return awaitRun(waiting, await apiClient.call("createRun", input, signal), report);
}
