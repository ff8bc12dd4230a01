import type { RunKind } from "@holdfast/contract";
import { sql } from "kysely";
import { goodStates } from "./runs.ts";
import type { Reader } from "./store.ts";
import { json } from "./tables.ts";

/** What the latest runs of one kind on one vault came to. */
export interface RunHistory {
  readonly lastBeganAt: Date | null;
  readonly lastEndedAt: Date | null;
  readonly failuresInARow: number;
}

/** Looks back at most this far for failures in a row; after so many the pause between retries no longer grows. */
const lookBackRuns = 20;

export async function runHistory(db: Reader, vaultId: string, kind: RunKind): Promise<RunHistory> {
  const latest = await db
    .selectFrom("runs")
    .select(["state", "startedAt", "endedAt"])
    .where("vaultId", "=", vaultId)
    .where("kind", "=", kind)
    .where("startedAt", "is not", null)
    .orderBy("startedAt", "desc")
    .limit(lookBackRuns)
    .execute();
  const ended = latest.filter((run) => run.endedAt !== null);
  const good = ended.findIndex((run) => run.state !== "failed" && run.state !== "lost");
  return {
    lastBeganAt: latest[0]?.startedAt ?? null,
    lastEndedAt: ended[0]?.endedAt ?? null,
    failuresInARow: good === -1 ? ended.length : good,
  };
}

/** When the last good full backup of exactly these paths into a vault began. */
export async function lastFullAt(db: Reader, vaultId: string, paths: readonly string[]): Promise<Date | null> {
  const wanted = json(paths);
  const row = await db
    .selectFrom("snapshots")
    .innerJoin("runs", "runs.runId", "snapshots.runId")
    .select("runs.startedAt")
    .where("snapshots.vaultId", "=", vaultId)
    .where("snapshots.technology", "=", "full")
    .where(sql<boolean>`snapshots.paths @> ${wanted}::jsonb and snapshots.paths <@ ${wanted}::jsonb`)
    .orderBy("runs.startedAt", "desc")
    .executeTakeFirst();
  return row?.startedAt ?? null;
}

/** When the first good backup of a vault ended. */
export async function firstGoodAt(db: Reader, vaultId: string): Promise<Date | null> {
  const row = await db
    .selectFrom("runs")
    .select("endedAt")
    .where("vaultId", "=", vaultId)
    .where("kind", "=", "backup")
    .where("state", "in", [...goodStates])
    .orderBy("endedAt")
    .executeTakeFirst();
  return row?.endedAt ?? null;
}

/** When the backup of the newest snapshot that is not at `place` yet ended; null when all are there. */
export async function newestNotCopiedAt(db: Reader, vaultId: string, place: string): Promise<Date | null> {
  const row = await db
    .selectFrom("snapshots")
    .innerJoin("runs", "runs.runId", "snapshots.runId")
    .select("runs.endedAt")
    .where("snapshots.vaultId", "=", vaultId)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("copies")
            .select("copies.place")
            .whereRef("copies.vaultId", "=", "snapshots.vaultId")
            .whereRef("copies.snapshotId", "=", "snapshots.snapshotId")
            .where("copies.place", "=", place),
        ),
      ),
    )
    .orderBy("snapshots.runId", "desc")
    .executeTakeFirst();
  return row?.endedAt ?? null;
}
