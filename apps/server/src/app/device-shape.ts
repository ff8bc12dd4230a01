import { secondMs } from "@holdfast/base";
import type { Device, Plan, Vault } from "@holdfast/contract";
import { evaluateProtection, type ProtectionFacts } from "@holdfast/domain";
import { copySummaries } from "../store/catalogue.ts";
import { activeBackups, devicesById, lastDrills, type DeviceFacts } from "../store/device-facts.ts";
import { boundPlansOf, type PlanRow } from "../store/plans.ts";
import type { Reader } from "../store/store.ts";
import { vaultsOf, type VaultRow } from "../store/vaults.ts";
import { heartbeatSeconds } from "./leases.ts";
import { instant, runShape } from "./run-shape.ts";
import type { Services } from "./services.ts";

/** A channel that has been silent for so many heartbeats is not believed to be open. */
const silentHeartbeatsMax = 3;

export function protectionFacts(facts: DeviceFacts, nowMs: number): ProtectionFacts {
  const outcome = facts.latestOutcome;
  return {
    nowMs,
    objectives: facts.spec?.objectives,
    plannedAtMs: facts.boundAt?.getTime(),
    newestGoodAtMs: facts.newestGoodAt?.getTime(),
    latestOutcome:
      outcome === null || outcome === "queued" || outcome === "taken" || outcome === "running" ? undefined : outcome,
  };
}

/** Devices as the contract says them, in the order of `facts`. */
export async function deviceShapes(services: Services, db: Reader, facts: readonly DeviceFacts[]): Promise<Device[]> {
  const ids = facts.map((each) => each.deviceId);
  const nowMs = services.clock.nowMs();
  const devices = new Map((await devicesById(db, ids)).map((row) => [row.deviceId, row]));
  const plans = new Map((await boundPlansOf(db, ids)).map((row) => [row.deviceId, row]));
  const vaults = Map.groupBy(await vaultsOf(db, ids), (row) => row.deviceId);
  const active = new Map((await activeBackups(db, ids)).map((row) => [row.deviceId, row]));
  const drills = new Map((await lastDrills(db, ids)).map((row) => [row.deviceId, row]));

  const shown = new Map(
    ids.flatMap((id) => {
      const own = vaults.get(id) ?? [];
      const vault = own.find((each) => each.vaultId === plans.get(id)?.vaultId) ?? own[0];
      return vault === undefined ? [] : [[id, vault] as const];
    }),
  );
  const vaultIds = [...shown.values()].map((vault) => vault.vaultId);
  const copies = Map.groupBy(await copySummaries(db, vaultIds), (row) => row.vaultId);

  return facts.flatMap((each) => {
    const row = devices.get(each.deviceId);
    if (row === undefined) return []; // gone since the facts were read
    const plan = plans.get(each.deviceId);
    const vault = shown.get(each.deviceId);
    const run = active.get(each.deviceId);
    const drill = drills.get(each.deviceId);
    const silentMs = nowMs - (row.lastSeenAt?.getTime() ?? 0);
    return {
      deviceId: row.deviceId,
      organisationId: row.organisationId,
      organisationName: row.organisationName,
      name: row.name,
      inventory: row.inventory,
      connected: row.connectionId !== null && silentMs < silentHeartbeatsMax * heartbeatSeconds * secondMs,
      lastSeenAt: instant(row.lastSeenAt),
      protection: protectionShape(each, nowMs),
      plan: plan === undefined ? null : planShape(plan),
      vault: vault === undefined ? null : vaultShape(services, vault, copies.get(vault.vaultId) ?? []),
      activeRun: run === undefined ? null : runShape(run),
      lastDrill:
        drill === undefined
          ? null
          : { at: drill.receivedAt.toISOString(), passed: drill.passed, certificateId: drill.certificateId },
      enrolledAt: row.enrolledAt.toISOString(),
    };
  });
}

function protectionShape(facts: DeviceFacts, nowMs: number): Device["protection"] {
  const newest = facts.newestGoodAt;
  return {
    ...evaluateProtection(protectionFacts(facts, nowMs)),
    newestGoodAt: instant(newest),
    ageSeconds: newest === null ? null : Math.max(0, Math.round((nowMs - newest.getTime()) / secondMs)),
    rpoMinutes: facts.spec?.objectives.rpoMinutes ?? null,
  };
}

export function planShape(row: PlanRow): Plan {
  const { planId, deviceId, vaultId, name, spec, reasons, expected } = row;
  return {
    planId,
    deviceId,
    vaultId,
    name,
    spec: { ...spec, paths: [...spec.paths], excludes: [...spec.excludes] },
    reasons: [...reasons],
    expected,
    boundAt: row.boundAt.toISOString(),
  };
}

export function vaultShape(
  services: Services,
  row: VaultRow,
  copies: readonly { place: string; snapshots: number; newestAt: Date }[],
): Vault {
  const { vaultId, organisationId, deviceId, name, repositoryId } = row;
  const inPlace = new Map(copies.map((copy) => [copy.place, copy]));
  return {
    vaultId,
    organisationId,
    deviceId,
    name,
    custody: "sealed-to-keeper",
    state: row.readyAt === null ? "preparing" : "ready",
    repositoryId,
    repositoryUrl: repositoryUrl(services, vaultId),
    copies: services.copyPlaces.map((place) => ({
      place,
      newestAt: instant(inPlace.get(place)?.newestAt ?? null),
      snapshots: inPlace.get(place)?.snapshots ?? 0,
    })),
    createdAt: row.createdAt.toISOString(),
  };
}

/** restic's name of a vault's repository, without user or token. */
export function repositoryUrl(services: Services, vaultId: string): string {
  return `rest:${services.gatewayUrl}/${vaultId}/`;
}
