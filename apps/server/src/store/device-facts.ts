import type { RunState } from "@holdfast/contract";
import type { PlanSpec } from "@holdfast/domain";
import { sql } from "kysely";
import { goodStates, type NamedRun } from "./runs.ts";
import type { Reader } from "./store.ts";

/** What a device's protection follows from; instants by the server's clock, never by the device's. */
export interface DeviceFacts {
  readonly deviceId: string;
  readonly organisationId: string;
  readonly name: string;
  readonly spec: PlanSpec | null;
  readonly boundAt: Date | null;
  /** When the newest good backup was handed out. */
  readonly newestGoodAt: Date | null;
  readonly latestOutcome: RunState | null;
}

/** The facts of every device in reach, or of one, or of those at or below an organisation. */
export function deviceFacts(
  db: Reader,
  wanted: { deviceId?: string | undefined; organisationId?: string | undefined } = {},
): Promise<DeviceFacts[]> {
  const { deviceId, organisationId } = wanted;
  return db
    .selectFrom("identities as device")
    .leftJoin("plans as plan", (join) =>
      join.onRef("plan.deviceId", "=", "device.identityId").on("plan.replacedAt", "is", null),
    )
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom("runs")
          .select("startedAt")
          .whereRef("runs.deviceId", "=", "device.identityId")
          .where("kind", "=", "backup")
          .where("state", "in", [...goodStates])
          .orderBy(sql`started_at desc nulls last`)
          .limit(1)
          .as("good"),
      (join) => join.onTrue(),
    )
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom("runs")
          .select("state")
          .whereRef("runs.deviceId", "=", "device.identityId")
          .where("kind", "=", "backup")
          .where("endedAt", "is not", null)
          .orderBy(sql`started_at desc nulls last`)
          .limit(1)
          .as("latest"),
      (join) => join.onTrue(),
    )
    .select([
      "device.identityId as deviceId",
      "device.organisationId",
      "device.name",
      "plan.spec",
      "plan.boundAt",
      "good.startedAt as newestGoodAt",
      "latest.state as latestOutcome",
    ])
    .where("device.kind", "=", "device")
    .$if(deviceId !== undefined, (query) => query.where("device.identityId", "=", deviceId!))
    .$if(organisationId !== undefined, (query) =>
      query.where("device.organisationId", "in", (eb) =>
        eb.selectFrom("organisationReach").select("descendantId").where("ancestorId", "=", organisationId!),
      ),
    )
    .execute();
}

/** Of each of these devices, the newest backup that is not over. */
export function activeBackups(db: Reader, deviceIds: readonly string[]): Promise<NamedRun[]> {
  if (deviceIds.length === 0) return Promise.resolve([]);
  return db
    .selectFrom("runs")
    .innerJoin("identities as device", "device.identityId", "runs.deviceId")
    .distinctOn("runs.deviceId")
    .selectAll("runs")
    .select("device.name as deviceName")
    .where("runs.deviceId", "in", [...deviceIds])
    .where("runs.kind", "=", "backup")
    .where("runs.endedAt", "is", null)
    .orderBy("runs.deviceId")
    .orderBy("runs.runId", "desc")
    .execute();
}

/** Of each of these devices, the last drill that was certified. */
export function lastDrills(
  db: Reader,
  deviceIds: readonly string[],
): Promise<{ deviceId: string; certificateId: string; receivedAt: Date; passed: boolean }[]> {
  if (deviceIds.length === 0) return Promise.resolve([]);
  return db
    .selectFrom("certificates")
    .distinctOn("deviceId")
    .select(["deviceId", "certificateId", "receivedAt", "passed"])
    .where("deviceId", "in", [...deviceIds])
    .orderBy("deviceId")
    .orderBy("receivedAt", "desc")
    .execute();
}

/** These devices themselves, with the names of their organisations. */
export function devicesById(db: Reader, deviceIds: readonly string[]) {
  return db
    .selectFrom("identities as device")
    .innerJoin("organisations as organisation", "organisation.organisationId", "device.organisationId")
    .select([
      "device.identityId as deviceId",
      "device.organisationId",
      "device.name",
      "device.inventory",
      "device.connectionId",
      "device.lastSeenAt",
      "device.enrolledAt",
      "organisation.name as organisationName",
    ])
    .where("device.identityId", "in", deviceIds.length === 0 ? [sql<string>`null`] : [...deviceIds])
    .execute();
}
