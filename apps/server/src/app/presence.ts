import { secondMs } from "@holdfast/base";
import type { MessageFromAgent, MessageToAgent } from "@holdfast/contract";
import type { Party } from "../authz/party.ts";
import { connectIdentity, disconnectIdentity, touchIdentity } from "../store/identities.ts";
import { findRun, heldBy, queuedFor, shortenLease, type RunRow } from "../store/runs.ts";
import { isOver, holds } from "./held-run.ts";
import { reportGraceSeconds } from "./leases.ts";
import { nowOf, type Services } from "./services.ts";

type Hello = Extract<MessageFromAgent, { type: "hello" }>;

/**
 * A part has opened a channel. What it holds and we gave to others is refused; what we think it holds and it does not
 * name gets a short time to be reported, and is lost after that.
 * @returns what it must be told first
 */
export function arrive(
  services: Services,
  party: Party,
  connectionId: string,
  hello: Hello,
): Promise<MessageToAgent[]> {
  return services.store.transact(party.scope, async (tx) => {
    tx.unaudited("telemetry");
    const now = nowOf(services);
    const { inventory, capabilities } = hello;
    await connectIdentity(tx, party.identityId, { connectionId, inventory, capabilities, at: now });
    if (party.kind === "device") tx.announce({ about: "device", deviceId: party.identityId });

    const held = await heldBy(tx.db, party.identityId);
    for (const run of held) {
      const named = hello.holding.some((hold) => hold.runId === run.runId && hold.leaseId === run.leaseId);
      if (named) continue;
      await shortenLease(tx, run.runId, new Date(now.getTime() + reportGraceSeconds * secondMs));
    }
    const told: MessageToAgent[] = [];
    for (const hold of hello.holding) {
      const run = await findRun(tx.db, hold.runId);
      const { runId } = hold;
      if (run === undefined || !holds(run, party, hold) || isOver(run)) {
        told.push({ type: "refused", runId, reason: "the lease is not valid any more" });
      } else if (run.cancelRequestedAt !== null) {
        told.push({ type: "cancel", runId });
      }
    }
    return told;
  });
}

/** @returns false when the part was revoked, or has opened another channel */
export function heartbeat(services: Services, party: Party, connectionId: string): Promise<boolean> {
  return services.store.transact(party.scope, async (tx) => {
    tx.unaudited("telemetry");
    return touchIdentity(tx, party.identityId, connectionId, nowOf(services));
  });
}

export function leave(services: Services, party: Party, connectionId: string): Promise<void> {
  return services.store.transact(party.scope, async (tx) => {
    tx.unaudited("telemetry");
    const wasOurs = await disconnectIdentity(tx, party.identityId, connectionId);
    if (wasOurs && party.kind === "device") tx.announce({ about: "device", deviceId: party.identityId });
  });
}

/**
 * What to offer a part now: of the kinds that it can do, the oldest queued run of each vault that it is not busy with,
 * and all without a vault.
 */
export async function offersFor(services: Services, party: Party, capabilities: readonly string[]): Promise<string[]> {
  return services.store.read(party.scope, async (db) => {
    const busy = new Set((await heldBy(db, party.identityId)).map((run) => run.vaultId));
    const offered: RunRow[] = [];
    for (const run of await queuedFor(db, party.identityId)) {
      if (!capabilities.includes(run.kind)) continue;
      if (run.vaultId !== null && busy.has(run.vaultId)) continue;
      busy.add(run.vaultId);
      offered.push(run);
    }
    return offered.map((run) => run.runId);
  });
}
