import type { Reader, Writer } from "./store.ts";
import type { RunRow } from "./runs.ts";

export interface LogLine {
  readonly at: Date;
  readonly level: "info" | "warning" | "error";
  readonly text: string;
}

/** A run says no more than this; a chatty one must not fill the database. */
const runLogLinesMax = 10_000;

/** Keeps what a run said, up to `runLogLinesMax`; the last line kept says that there was more. */
export async function appendRunLog(tx: Writer, run: RunRow, lines: readonly LogLine[]): Promise<void> {
  const room = runLogLinesMax - run.logLines;
  if (room <= 0 || lines.length === 0) return;
  const kept = lines.slice(0, room).map((line) => ({ ...line }));
  if (lines.length >= room) {
    const last = kept.at(-1)!;
    kept[kept.length - 1] = { at: last.at, level: "warning", text: "More was said than is kept." };
  }
  const { runId, organisationId, deviceId } = run;
  await tx.db
    .insertInto("runLogLines")
    .values(kept.map((line) => ({ runId, organisationId, deviceId, ...line })))
    .execute();
  await tx.db
    .updateTable("runs")
    .set({ logLines: run.logLines + kept.length })
    .where("runId", "=", runId)
    .execute();
}

export function runLog(db: Reader, runId: string): Promise<LogLine[]> {
  return db
    .selectFrom("runLogLines")
    .select(["at", "level", "text"])
    .where("runId", "=", runId)
    .orderBy("lineId")
    .execute();
}
