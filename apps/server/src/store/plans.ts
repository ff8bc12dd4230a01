import type { Insertable, Selectable } from "kysely";
import type { Reader, Writer } from "./store.ts";
import { json, type AssessmentTable, type PlanTable } from "./tables.ts";

export type PlanRow = Selectable<PlanTable>;

/** Binds a plan; the one before is kept for the record. */
export async function insertPlan(tx: Writer, plan: Insertable<PlanTable>): Promise<void> {
  await tx.db
    .updateTable("plans")
    .set({ replacedAt: plan.boundAt })
    .where("deviceId", "=", plan.deviceId)
    .where("replacedAt", "is", null)
    .execute();
  await tx.db.insertInto("plans").values(plan).execute();
}

/** Bound now or before. */
export function findPlan(db: Reader, planId: string): Promise<PlanRow | undefined> {
  return db.selectFrom("plans").selectAll().where("planId", "=", planId).executeTakeFirst();
}

export function boundPlansOf(db: Reader, deviceIds: readonly string[]): Promise<PlanRow[]> {
  if (deviceIds.length === 0) return Promise.resolve([]);
  return db
    .selectFrom("plans")
    .selectAll()
    .where("deviceId", "in", [...deviceIds])
    .where("replacedAt", "is", null)
    .execute();
}

/** Every bound plan whose vault can be worked with. */
export function plansInForce(db: Reader): Promise<PlanRow[]> {
  return db
    .selectFrom("plans")
    .innerJoin("vaults", "vaults.vaultId", "plans.vaultId")
    .selectAll("plans")
    .where("plans.replacedAt", "is", null)
    .where("vaults.readyAt", "is not", null)
    .orderBy("plans.planId")
    .execute();
}

export async function insertAssessment(
  tx: Writer,
  row: Omit<Insertable<AssessmentTable>, "assessment"> & { assessment: unknown },
): Promise<void> {
  await tx.db
    .insertInto("assessments")
    .values({ ...row, assessment: json(row.assessment) })
    .execute();
}

/** The latest measurement of exactly these paths. */
export function latestAssessment(
  db: Reader,
  deviceId: string,
  paths: readonly string[],
): Promise<Selectable<AssessmentTable> | undefined> {
  return db
    .selectFrom("assessments")
    .selectAll()
    .where("deviceId", "=", deviceId)
    .where("pathsKey", "=", pathsKey(paths))
    .orderBy("receivedAt", "desc")
    .executeTakeFirst();
}

/** The same for the same paths in any order. */
export function pathsKey(paths: readonly string[]): string {
  return JSON.stringify([...new Set(paths)].sort());
}
