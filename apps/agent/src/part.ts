import { HoldfastError, minuteMs, secondMs, type Clock, type Log, type Random } from "@holdfast/base";
import { entityId, type RelayRequest } from "@holdfast/contract";
import { z } from "zod";
import { openChannel, type Channel, type ChannelHandler } from "./channel/channel.ts";
import type { Welcome } from "./channel/connection.ts";
import type { EnrolmentConfig } from "./config.ts";
import { enrolAgent } from "./enrol/enrol.ts";
import { agentErrors } from "./errors.ts";
import { takeInventory } from "./inventory.ts";
import type { JobTable } from "./runs/run-context.ts";
import { RunDesk } from "./runs/run-desk.ts";
import type { ServerAccess } from "./server-access.ts";
import { ensureIdentityKey, readIdentity, type Identity } from "./state/identity.ts";
import { openJournal, type Journal } from "./state/journal.ts";
import { privateKeyPem } from "./state/key-file.ts";
import { openPartHome, type PartHome, type Role } from "./state/part-home.ts";

/** What a part takes from the world around it. */
export interface PartContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A started agent or keeper. It stays connected by itself until it is stopped. */
export interface RunningPart {
  readonly identityId: string;
  /** Resolves at the first welcome of the server, however long that takes; rejects when stopped before it. */
  readonly ready: Promise<void>;
  /** Ends what is going on, tells the server, gives the home free. Takes some seconds at most. */
  stop(): Promise<void>;
}

/** What a role brings, made once its identity is known. */
export interface RoleWork {
  readonly jobs: JobTable;
  readonly runsMax: number;
  /** Answers people who browse; a role without it refuses. */
  readonly relay?: RelayDesk;
}

export interface RelayDesk {
  asked(request: RelayRequest): void;
  stop(): Promise<void>;
}

export interface PartOptions {
  readonly home: string;
  readonly enrolment: EnrolmentConfig | undefined;
  readonly role: Role;
  readonly work: (part: { home: PartHome; identity: Identity; access: ServerAccess }) => Promise<RoleWork>;
}

const stopWithinMs = 10 * secondMs;
const acknowledgedWithinMs = 2 * secondMs;
const clockSkewMs = 5 * minuteMs;
const kindOfRole = { agent: "device", keeper: "keeper" } as const;
/** All that has to be understood of a job whose kind this version does not know, to refuse it in the open. */
const unknownJob = z.object({ type: z.literal("job"), runId: entityId, leaseId: entityId });

/**
 * Starts a part: takes its home, enrols it if it has to, and connects.
 * @param signal ends an enrolment that is under way; what has been started is stopped by `stop`
 * @throws AGENT_HOME_IN_USE, AGENT_HOME_UNUSABLE, AGENT_STATE_DAMAGED, AGENT_NOT_ENROLLED, AGENT_CERTIFICATE_EXPIRED,
 *   and what `enrolAgent` throws
 */
export async function startPart(
  options: PartOptions,
  context: PartContext,
  signal?: AbortSignal,
): Promise<RunningPart> {
  const home = await openPartHome(options.home, options.role);
  const journal = openJournal(home.journalFile);
  try {
    const identity = await identityFor(home, options.enrolment, signal);
    if (Date.parse(identity.expiresAt) <= context.clock.nowMs()) {
      throw new HoldfastError(agentErrors.certificateExpired, `The certificate expired at ${identity.expiresAt}.`);
    }
    const keyPem = privateKeyPem(await ensureIdentityKey(home));
    const { serverUrl, caPem, certificatePem } = identity;
    const access = { serverUrl, caPem, identity: { certificatePem, keyPem } };
    return connectPart(identity, access, journal, await options.work({ home, identity, access }), context);
  } catch (error) {
    journal.close();
    throw error;
  }
}

async function identityFor(
  home: PartHome,
  enrolment: EnrolmentConfig | undefined,
  signal: AbortSignal | undefined,
): Promise<Identity> {
  if (enrolment !== undefined) {
    return enrolAgent({ ...enrolment, home: home.home, kind: kindOfRole[home.role] }, signal);
  }
  const identity = await readIdentity(home);
  if (identity === undefined) throw new HoldfastError(agentErrors.notEnrolled, `${home.folder} is not enrolled.`);
  return identity;
}

function connectPart(
  identity: Identity,
  access: ServerAccess,
  journal: Journal,
  work: RoleWork,
  context: PartContext,
): RunningPart {
  const { clock, log } = context;
  const desk = new RunDesk({ ...work, ...context, journal, send: (message) => channel.send(message) });
  const capabilities = [...Object.keys(work.jobs), ...(work.relay === undefined ? [] : ["relay"])];
  const handler: ChannelHandler = {
    hello: () => ({ type: "hello", inventory: takeInventory(), capabilities, holding: desk.holding() }),
    welcomed(welcome) {
      checkWelcome(welcome, identity, context);
      desk.connected(welcome);
    },
    lost: () => desk.disconnected(),
    received(message) {
      switch (message.type) {
        case "offer":
          return desk.offered(message.runId);
        case "job":
          return desk.handed({ runId: message.runId, leaseId: message.leaseId }, message.job);
        case "refused":
          return desk.refused(message.runId, message.reason);
        case "cancel":
          return desk.cancelled(message.runId);
        case "acknowledged":
          return desk.acknowledged(message.runId);
        case "relay":
          if (work.relay !== undefined) return work.relay.asked(message.request);
          return log.warn("The server asks this part to browse, which it does not do.");
      }
    },
    notUnderstood(frame) {
      const job = unknownJob.safeParse(frame);
      if (job.success) desk.handedUnknown({ runId: job.data.runId, leaseId: job.data.leaseId });
      else log.warn("The server said something that this version does not know.");
    },
  };
  const channel: Channel = openChannel({ ...context, access, handler });
  const ready = channel.ready.then(() => {});
  ready.catch(() => {}); // a part may be stopped before anybody asked whether it is ready
  const stop = async () => {
    await within(clock, stopWithinMs, Promise.all([desk.stop(), work.relay?.stop()]));
    const untilMs = clock.monotonicMs() + acknowledgedWithinMs;
    while (desk.hasReports && channel.isConnected && clock.monotonicMs() < untilMs) await clock.sleep(20);
    await channel.close();
    journal.close();
  };
  let stopped: Promise<void> | undefined;
  return { identityId: identity.identityId, ready, stop: () => (stopped ??= stop()) };
}

/** Resolves when `work` does, or after `ms`. */
async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const timer = clock.sleep(ms, done.signal).catch(() => {});
  await Promise.race([work, timer]);
  done.abort();
}

function checkWelcome(welcome: Welcome, identity: Identity, { clock, log }: PartContext): void {
  if (welcome.identityId !== identity.identityId) {
    log.error("The server knows this part under another id.", {
      ours: identity.identityId,
      theirs: welcome.identityId,
    });
  }
  const aheadMs = clock.nowMs() - Date.parse(welcome.serverTime);
  if (Math.abs(aheadMs) > clockSkewMs) {
    log.warn("This machine's clock differs from the server's.", { aheadSeconds: Math.round(aheadMs / secondMs) });
  }
}
