import { HoldfastError, count, dayMs, formatBytes, formatDuration, minuteMs, secondMs } from "@holdfast/base";
import type { Certificate } from "@holdfast/domain";
import type { Device, Plan, SnapshotRecord, Vault } from "@holdfast/contract";
import type { Waiting } from "./await-run.ts";
import { backUp, drill, listSnapshots, replicate } from "./back-ups.ts";
import { drillDue, fullBackupDue } from "./due.ts";
import { upErrors } from "./errors.ts";
import { assess, bindPlan } from "./plan.ts";
import type { Steps } from "./steps.ts";
import { ensureVault } from "./vault.ts";

/** What there is to show at the end. */
export interface Protection {
  readonly device: Device;
  readonly vault: Vault;
  readonly plan: Plan;
  /** Of this device, oldest first. */
  readonly snapshots: readonly SnapshotRecord[];
  /** Of the newest drill, made now or before. */
  readonly certificate: Certificate;
}

/**
 * Takes a device from enrolled to proven, one visible step after the other: vault, assessment, plan, backups, copy,
 * drill. What an earlier start did is found and not done again; what was not due is said.
 *
 * @param path the folder to protect, absolute; undefined for that of the plan that is bound, or else `otherwise`
 */
export async function protect(
  waiting: Waiting,
  steps: Steps,
  asked: { readonly deviceId: string; readonly path: string | undefined; readonly otherwise: string },
): Promise<Protection> {
  const { apiClient, signal, clock } = waiting;
  const params = { deviceId: asked.deviceId };
  const getDevice = () => apiClient.call("getDevice", { params }, signal);

  steps.chapter("Protecting this machine");
  const device = await getDevice();
  const { vault } = await steps.step(
    "Making a vault",
    (report) => ensureVault(waiting, device, report),
    ({ vault: made, isNew }) =>
      isNew
        ? `Vault "${made.name}": the device made its password; the server only has a copy sealed to the keeper`
        : `Vault "${made.name}": there since ${made.createdAt.slice(0, 10)}`,
  );
  const path = asked.path ?? device.plan?.spec.paths[0] ?? asked.otherwise;
  const plan = await ensurePlan(waiting, steps, device, vault, path);

  const before = await listSnapshots(waiting, device.deviceId);
  const full = fullBackupDue(plan.spec, before, clock.nowMs());
  if (full.isDue) await backUpStep(waiting, steps, plan, "full");
  else steps.say(`  No full backup now: ${full.because}`);
  await backUpStep(waiting, steps, plan, "incremental");
  if (plan.spec.copies > 0) {
    await steps.step(
      "Copying to the second place",
      (report) => replicate(waiting, plan, report),
      ({ place, copied, bytes }) =>
        `Copied ${count(copied, "snapshot")} to "${place}", each piece verified on its way: ${formatBytes(bytes)}`,
    );
  }
  const due = drillDue(plan.spec, (await getDevice()).lastDrill, clock.nowMs());
  // A full backup is news that an earlier drill, or one of the server's own on the snapshot before, says nothing about.
  if (full.isDue || due.isDue) {
    await steps.step(
      "Restoring everything to prove it",
      (report) => drill(waiting, plan, report),
      ({ passed, files, bytes, differences, rtoSeconds }) =>
        `Drill ${passed ? "passed" : "FAILED"}: ${count(files, "file")}, ${formatBytes(bytes)} restored in ${formatDuration(rtoSeconds * secondMs)}, ${count(differences, "difference")}`,
    );
  } else {
    steps.say(`  No drill now: ${due.because}`);
  }
  const [certificate] = (await apiClient.call("listCertificates", { params }, signal)).items;
  if (certificate === undefined) throw new HoldfastError(upErrors.runFailed, "The drill left no certificate.");
  return {
    device: await getDevice(),
    vault,
    plan,
    snapshots: (await listSnapshots(waiting, device.deviceId)).toReversed(),
    certificate,
  };
}

async function ensurePlan(waiting: Waiting, steps: Steps, device: Device, vault: Vault, path: string): Promise<Plan> {
  const bound = device.plan;
  if (
    bound !== null &&
    bound.vaultId === vault.vaultId &&
    bound.spec.paths.length === 1 &&
    bound.spec.paths[0] === path
  ) {
    steps.say(`  Plan "${bound.name}": bound on ${bound.boundAt.slice(0, 10)}`);
    return bound;
  }
  await steps.step(
    `Looking at ${path}`,
    (report) => assess(waiting, device, path, report),
    ({ files, directories, bytes, unreadable, sample }) => {
      const found = `${count(files, "file")} in ${count(directories, "folder")}, ${formatBytes(bytes)}`;
      const trouble = unreadable === 0 ? "" : `; ${count(unreadable, "entry", "entries")} cannot be read`;
      return `Assessed ${path}: ${found}; a sample shrinks to ${Math.round(sample.compressionRatio * 100)} %${trouble}`;
    },
  );
  const plan = await steps.step("Designing a plan", () => bindPlan(waiting, device, vault, path), planText);
  for (const { choice, because } of plan.reasons) steps.say(`      ${choice}: ${because}`);
  return plan;
}

function planText({ spec }: Plan): string {
  const every = formatDuration(spec.backupEveryMinutes * minuteMs);
  const full = formatDuration(spec.fullEveryDays * dayMs);
  const drills = formatDuration(spec.drillEveryDays * dayMs);
  return `Plan: a backup every ${every}, a full one every ${full}, ${count(spec.copies, "copy", "copies")}, a drill every ${drills}`;
}

function backUpStep(waiting: Waiting, steps: Steps, plan: Plan, technology: "full" | "incremental") {
  return steps.step(
    technology === "full" ? "Backing up everything" : "Backing up what changed",
    (report) => backUp(waiting, plan, technology, report),
    (result) => {
      const what = technology === "full" ? "Full backup" : "Incremental backup";
      const read = `${count(result.totalFiles, "file")}, ${formatBytes(result.totalBytes)}`;
      const trouble =
        result.unreadCount === 0 ? "" : `; ${count(result.unreadCount, "entry", "entries")} could not be read`;
      return `${what} ${result.snapshotId.slice(0, 8)}: ${read}; ${formatBytes(result.storedBytes)} newly stored${trouble}`;
    },
  );
}
