import { DatabaseSync } from "node:sqlite";
import { closeSync, openSync } from "node:fs";
import { HoldfastError, messageOf } from "@holdfast/base";
import { agentErrors } from "../errors.ts";
import { privateFileMode } from "./private-folder.ts";

/** A run this part took, as the server names it. */
export interface HeldRun {
  readonly runId: string;
  readonly leaseId: string;
}

export interface UnfinishedRun extends HeldRun {
  readonly kind: string;
  readonly beganAtMs: number;
}

/** A run that is over; `report` is what the server has to hear, as JSON. */
export interface Report extends HeldRun {
  readonly report: string;
}

/**
 * What this part took and how it came out, until the server has acknowledged it. Every call is durable when it
 * returns, so what is said to be done is not forgotten, and what a crash interrupted is known at the next start.
 *
 * SQLite rather than files because it brings what Node.js lacks, a lock on the home that the kernel releases however
 * the process ends; and because replacing one state by the next is then a transaction and not a protocol of renames.
 * The vault passwords stay files of their own. @see vault-passwords.ts
 *
 * What writes throws AGENT_HOME_UNUSABLE when the disk is full or gone; then nothing has changed.
 */
export interface Journal {
  begin(run: UnfinishedRun): void;
  finish(report: Report): void;
  /** Everything about the run; for one that is unknown nothing happens. */
  forget(runId: string): void;
  /** Begun and not finished. Right after opening: what was going on when the process before this one died. */
  unfinished(): readonly UnfinishedRun[];
  /** Finished and not acknowledged, oldest first. */
  reports(): readonly Report[];
  /** Gives the home free for another process. */
  close(): void;
}

/** @see SQLite "Result and Error Codes", SQLITE_BUSY */
const sqliteBusy = 5;

// Exclusive locking must come before the first access: WAL then keeps its index in memory and the file stays locked.
const opening = `
  pragma locking_mode = exclusive;
  pragma journal_mode = wal;
  pragma synchronous = full;
  begin exclusive;
  create table if not exists runs (
    run_id text primary key,
    lease_id text not null,
    kind text not null,
    began_at_ms integer not null,
    report text
  ) strict;
  commit;
`;

/**
 * Opens the journal for this process alone.
 * @throws AGENT_HOME_IN_USE when another process has it, AGENT_HOME_UNUSABLE
 */
export function openJournal(file: string): Journal {
  try {
    closeSync(openSync(file, "a", privateFileMode)); // SQLite would make it, and its log beside it, readable by all
    const database = new DatabaseSync(file);
    try {
      database.exec(opening);
      return journalIn(database);
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) {
      throw new HoldfastError(agentErrors.homeInUse, `Another process works with ${file}.`, { cause: error });
    }
    throw new HoldfastError(agentErrors.homeUnusable, `Cannot open ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function journalIn(database: DatabaseSync): Journal {
  // A run handed out again under the same id begins again, with the new lease.
  const begin = database.prepare(
    "insert or replace into runs (run_id, lease_id, kind, began_at_ms) values (?, ?, ?, ?)",
  );
  const finish = database.prepare("update runs set lease_id = ?, report = ? where run_id = ?");
  const forget = database.prepare("delete from runs where run_id = ?");
  const unfinished = database.prepare(
    "select run_id, lease_id, kind, began_at_ms from runs where report is null order by began_at_ms, run_id",
  );
  const reports = database.prepare(
    "select run_id, lease_id, report from runs where report is not null order by began_at_ms, run_id",
  );
  return {
    begin: (run) => write(() => begin.run(run.runId, run.leaseId, run.kind, run.beganAtMs)),
    finish: (done) => write(() => finish.run(done.leaseId, done.report, done.runId)),
    forget: (runId) => write(() => forget.run(runId)),
    unfinished: () =>
      unfinished.all().map((row) => ({
        runId: String(row["run_id"]),
        leaseId: String(row["lease_id"]),
        kind: String(row["kind"]),
        beganAtMs: Number(row["began_at_ms"]),
      })),
    reports: () =>
      reports.all().map((row) => ({
        runId: String(row["run_id"]),
        leaseId: String(row["lease_id"]),
        report: String(row["report"]),
      })),
    close: () => database.close(),
  };
}

function write(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    throw new HoldfastError(agentErrors.homeUnusable, `Cannot write the journal: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
