import type { RunKind, RunProgress, RunResult, RunState } from "@holdfast/contract";
import { sql, type Insertable, type Selectable } from "kysely";
import type { Reader, Writer } from "./store.ts";
import { json, type Failure, type HandedOut, type RunAsk, type RunTable } from "./tables.ts";

export type RunRow = Selectable<RunTable>;
/** A run with the name of its device, as people see it. */
export type NamedRun = RunRow & { readonly deviceName: string };

export const goodStates = ["succeeded", "warning"] as const satisfies readonly RunState[];

export async function insertRun(tx: Writer, run: Insertable<RunTable>): Promise<void> {
  await tx.db.insertInto("runs").values(run).execute();
}

const named = (db: Reader) =>
  db
    .selectFrom("runs")
    .innerJoin("identities as device", "device.identityId", "runs.deviceId")
    .selectAll("runs")
    .select("device.name as deviceName");

export function findRun(db: Reader, runId: string): Promise<NamedRun | undefined> {
  return named(db).where("runs.runId", "=", runId).executeTakeFirst();
}

/** Newest first, at most `limit`, older than the run `after`. */
export function listRuns(
  db: Reader,
  wanted: { deviceId?: string | undefined; after?: string | undefined; limit: number },
): Promise<NamedRun[]> {
  const { deviceId, after } = wanted;
  return named(db)
    .$if(deviceId !== undefined, (query) => query.where("runs.deviceId", "=", deviceId!))
    .$if(after !== undefined, (query) => query.where("runs.runId", "<", after!))
    .orderBy("runs.runId", "desc")
    .limit(wanted.limit)
    .execute();
}

/** What this identity is to do, oldest first. */
export function queuedFor(db: Reader, executorId: string): Promise<RunRow[]> {
  return db
    .selectFrom("runs")
    .selectAll()
    .where("executorId", "=", executorId)
    .where("state", "=", "queued")
    .orderBy("queuedAt")
    .orderBy("runId")
    .execute();
}

/** A device's run that is not over and was asked for exactly this. */
export function findOpenRun(db: Reader, deviceId: string, ask: RunAsk): Promise<RunRow | undefined> {
  return db
    .selectFrom("runs")
    .selectAll()
    .where("deviceId", "=", deviceId)
    .where("endedAt", "is", null)
    .where(sql<boolean>`ask = ${json(ask)}::jsonb`)
    .orderBy("runId")
    .executeTakeFirst();
}

/** The kinds of work on a vault that are queued or going on. */
export async function openKinds(db: Reader, vaultId: string): Promise<Set<RunKind>> {
  const rows = await db
    .selectFrom("runs")
    .select("kind")
    .distinct()
    .where("vaultId", "=", vaultId)
    .where("endedAt", "is", null)
    .execute();
  return new Set(rows.map((row) => row.kind));
}

/** The run, locked until the transaction ends; undefined also while somebody else holds that lock. */
export function lockRunIfFree(tx: Writer, runId: string): Promise<RunRow | undefined> {
  return tx.db
    .selectFrom("runs")
    .selectAll()
    .where("runId", "=", runId)
    .forNoKeyUpdate()
    .skipLocked()
    .executeTakeFirst();
}

/** The run, locked until the transaction ends. */
export function lockRun(tx: Writer, runId: string): Promise<RunRow | undefined> {
  return tx.db.selectFrom("runs").selectAll().where("runId", "=", runId).forNoKeyUpdate().executeTakeFirst();
}

/** Whether `executorId` holds another run on the same vault: its work on one repository goes one after the other. */
export async function isBusyWithVault(tx: Writer, run: RunRow): Promise<boolean> {
  if (run.vaultId === null) return false;
  const { vaultId } = run;
  await tx.db.selectFrom("vaults").select("vaultId").where("vaultId", "=", vaultId).forNoKeyUpdate().execute();
  const other = await tx.db
    .selectFrom("runs")
    .select("runId")
    .where("executorId", "=", run.executorId)
    .where("vaultId", "=", vaultId)
    .where("state", "in", ["taken", "running"])
    .where("runId", "<>", run.runId)
    .executeTakeFirst();
  return other !== undefined;
}

export async function setTaken(
  tx: Writer,
  runId: string,
  lease: { leaseId: string; leaseExpiresAt: Date; startedAt: Date; handedOut: HandedOut | null },
): Promise<void> {
  await tx.db
    .updateTable("runs")
    .set((eb) => ({
      state: "taken",
      leaseId: lease.leaseId,
      leaseExpiresAt: lease.leaseExpiresAt,
      startedAt: lease.startedAt,
      handedOut: lease.handedOut === null ? null : json(lease.handedOut),
      timesTaken: eb("timesTaken", "+", 1),
    }))
    .where("runId", "=", runId)
    .execute();
}

/** Back to the queue: it was handed out, but never arrived. */
export async function setQueuedAgain(tx: Writer, runId: string): Promise<void> {
  await tx.db
    .updateTable("runs")
    .set({ state: "queued", leaseId: null, leaseExpiresAt: null, startedAt: null, handedOut: null })
    .where("runId", "=", runId)
    .execute();
}

/** The holder is alive. A run given up as lost goes on: it was silence that ended it. */
export async function setRunning(
  tx: Writer,
  runId: string,
  leaseExpiresAt: Date,
  progress?: RunProgress,
): Promise<void> {
  await tx.db
    .updateTable("runs")
    .set({
      state: "running",
      endedAt: null,
      failure: null,
      leaseExpiresAt,
      ...(progress === undefined ? {} : { progress: json(progress) }),
    })
    .where("runId", "=", runId)
    .execute();
}

export async function setEnded(
  tx: Writer,
  runId: string,
  ended: { state: RunState; endedAt: Date; result: RunResult | null; failure: Failure | null },
): Promise<void> {
  await tx.db
    .updateTable("runs")
    .set({
      state: ended.state,
      endedAt: ended.endedAt,
      leaseExpiresAt: null,
      result: ended.result === null ? null : json(ended.result),
      failure: ended.failure === null ? null : json(ended.failure),
    })
    .where("runId", "=", runId)
    .execute();
}

export async function setCancelRequested(tx: Writer, runId: string, at: Date): Promise<void> {
  await tx.db.updateTable("runs").set({ cancelRequestedAt: at }).where("runId", "=", runId).execute();
}

/** Held runs whose lease ran out before `now`. */
export async function runsWithLapsedLease(db: Reader, now: Date): Promise<string[]> {
  const rows = await db
    .selectFrom("runs")
    .select("runId")
    .where("endedAt", "is", null)
    .where("leaseExpiresAt", "<", now)
    .orderBy("runId")
    .limit(500)
    .execute();
  return rows.map((row) => row.runId);
}

/** Runs that `executorId` should hold, if it is what it was before it connected again. */
export function heldBy(db: Reader, executorId: string): Promise<RunRow[]> {
  return db
    .selectFrom("runs")
    .selectAll()
    .where("executorId", "=", executorId)
    .where("state", "in", ["taken", "running"])
    .orderBy("runId")
    .execute();
}

/** Whether a drill of this client is being done: each certificate names the one before, so they come one by one. */
export async function isChainBusy(tx: Writer, clientId: string, exceptRunId: string): Promise<boolean> {
  const other = await tx.db
    .selectFrom("runs")
    .select("runId")
    .where("kind", "=", "drill")
    .where("state", "in", ["taken", "running"])
    .where("runId", "<>", exceptRunId)
    .where(sql<boolean>`handed_out ->> 'clientId' = ${clientId}`)
    .executeTakeFirst();
  return other !== undefined;
}

/** Gives the holder at most until `at` to say something. */
export async function shortenLease(tx: Writer, runId: string, at: Date): Promise<void> {
  await tx.db
    .updateTable("runs")
    .set({ leaseExpiresAt: at })
    .where("runId", "=", runId)
    .where("leaseExpiresAt", ">", at)
    .execute();
}
