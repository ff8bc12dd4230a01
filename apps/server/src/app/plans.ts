import { HoldfastError } from "@holdfast/base";
import type { Plan } from "@holdfast/contract";
import { proposePlan as propose, type Objectives, type PlanProposal } from "@holdfast/domain";
import type { Caller } from "../authz/caller.ts";
import { serverErrors } from "../errors.ts";
import { findDevice, lockDevice } from "../store/identities.ts";
import { insertPlan, latestAssessment, type PlanRow } from "../store/plans.ts";
import { json } from "../store/tables.ts";
import { findVault } from "../store/vaults.ts";
import { planShape } from "./device-shape.ts";
import { found, freshId, nowOf, type Services } from "./services.ts";

/**
 * Proposes a plan from what was last measured of these paths.
 * @throws NOT_FOUND, NO_ASSESSMENT, and the designer's own failures when objectives cannot be met
 */
export async function proposePlan(
  services: Services,
  caller: Caller,
  deviceId: string,
  asked: { readonly objectives: Objectives; readonly paths: readonly string[] },
): Promise<PlanProposal> {
  const row = await services.store.read(caller.scope, async (db) => {
    found(await findDevice(db, deviceId), "device");
    return latestAssessment(db, deviceId, asked.paths);
  });
  if (row === undefined)
    throw new HoldfastError(serverErrors.noAssessment, "These paths have not been assessed on this device yet.");
  return propose(row.assessment, asked.objectives, { copiesAvailable: services.copyPlaces.length });
}

/**
 * Binds what a person has seen and approved; it replaces the plan before.
 * @throws NOT_FOUND, NO_SUCH_PLACE
 */
export async function bindPlan(
  services: Services,
  caller: Caller,
  deviceId: string,
  asked: { readonly name: string; readonly vaultId: string; readonly proposal: PlanProposal },
): Promise<Plan> {
  const { name, vaultId, proposal } = asked;
  if (proposal.spec.copies > services.copyPlaces.length) {
    const message = `The plan asks for ${proposal.spec.copies} copies; there are ${services.copyPlaces.length} places.`;
    throw new HoldfastError(serverErrors.noSuchPlace, message);
  }
  return services.store.transact(caller.scope, async (tx) => {
    const device = found(await lockDevice(tx, deviceId), "device");
    const vault = found(await findVault(tx.db, vaultId), "vault");
    found(vault.deviceId === deviceId ? vault : undefined, "vault");
    const { spec, reasons, expected } = proposal;
    const row: PlanRow = {
      planId: freshId(services),
      organisationId: device.organisationId,
      deviceId,
      vaultId,
      name,
      spec,
      reasons,
      expected,
      boundAt: nowOf(services),
      replacedAt: null,
    };
    await insertPlan(tx, { ...row, spec: json(spec), reasons: json(reasons), expected: json(expected) });
    tx.announce({ about: "device", deviceId });
    tx.audit({
      by: caller.actor,
      action: "plan.bound",
      subject: { kind: "plan", id: row.planId },
      organisationId: device.organisationId,
      detail: {
        name,
        deviceId,
        vaultId,
        rpoMinutes: spec.objectives.rpoMinutes,
        rtoMinutes: spec.objectives.rtoMinutes,
        backupEveryMinutes: spec.backupEveryMinutes,
        copies: spec.copies,
      },
    });
    return planShape(row);
  });
}
