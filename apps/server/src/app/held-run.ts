import { hourMs, secondMs } from "@holdfast/base";
import type { RunProgress } from "@holdfast/contract";
import type { Party } from "../authz/party.ts";
import { appendRunLog, type LogLine } from "../store/run-log.ts";
import { lockRun, setRunning, type RunRow } from "../store/runs.ts";
import type { Writer } from "../store/store.ts";
import { extendGatewayTokens } from "../store/vaults.ts";
import { gatewayTokenMs } from "./hand-out.ts";
import { leaseSeconds } from "./leases.ts";
import { announceRun } from "./queue-run.ts";
import { nowOf, type Services } from "./services.ts";

/** A run and the lease that somebody claims to hold on it. */
export interface Hold {
  readonly runId: string;
  readonly leaseId: string;
}

/** `stale`: the run went to somebody else or is over. `cancel`: go on holding, but stop. */
export type Holding = "held" | "cancel" | "stale";

/** Tokens that would end within this time are made to last while their run goes on. */
const tokenExtendMs = 12 * hourMs;

/** What a party says of a run while it holds it; each of it also renews the lease. */
export interface Word {
  readonly progress?: RunProgress;
  readonly lines?: readonly LogLine[];
}

/**
 * Hears the holder of a run. One that was given up as lost goes on when its holder is heard again, because nobody else
 * has been given that run: a lease is stale only once another has been handed out or the run has ended.
 */
export function hearHolder(services: Services, party: Party, hold: Hold, word: Word): Promise<Holding> {
  return services.store.transact(party.scope, async (tx): Promise<Holding> => {
    const run = await lockRun(tx, hold.runId);
    if (run === undefined || !holds(run, party, hold) || isOver(run)) {
      tx.unaudited("no change");
      return "stale";
    }
    const nowMs = services.clock.nowMs();
    await setRunning(tx, run.runId, new Date(nowMs + leaseSeconds * secondMs), word.progress);
    await extendGatewayTokens(tx, run.runId, new Date(nowMs + tokenExtendMs), new Date(nowMs + gatewayTokenMs));
    if (word.lines !== undefined) await appendRunLog(tx, run, word.lines);
    if (run.state !== "running" || word.progress !== undefined) announceRun(tx, run);
    auditBeginning(tx, party, run);
    return run.cancelRequestedAt === null ? "held" : "cancel";
  });
}

export function holds(run: RunRow, party: Party, hold: Hold): boolean {
  return run.executorId === party.identityId && run.leaseId === hold.leaseId;
}

/** Over for good; a lost run is over only until its holder is heard again. */
export function isOver(run: RunRow): boolean {
  return run.endedAt !== null && run.state !== "lost";
}

function auditBeginning(tx: Writer, party: Party, run: RunRow): void {
  if (run.state === "running") return tx.unaudited("telemetry");
  tx.audit({
    by: party.actor,
    action: run.state === "lost" ? "run.resumed" : "run.began",
    subject: { kind: "run", id: run.runId },
    organisationId: run.organisationId,
    detail: { kind: run.kind },
  });
}

/** Log lines as they are kept, with instants that the database can hold. */
export function logLine(line: { at: string; level: LogLine["level"]; text: string }, services: Services): LogLine {
  const at = new Date(line.at);
  const { level, text } = line;
  return { at: Number.isNaN(at.getTime()) ? nowOf(services) : at, level, text: text.replaceAll("\0", "�") };
}
