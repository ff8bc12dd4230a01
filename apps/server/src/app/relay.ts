import type { IncomingMessage } from "node:http";
import { HoldfastError, hourMs, secondMs } from "@holdfast/base";
import type { RelayRequest, snapshotRead } from "@holdfast/contract";
import type { z } from "zod";
import type { Caller } from "../authz/caller.ts";
import { partyOf, type Party } from "../authz/party.ts";
import { serverErrors } from "../errors.ts";
import { findSnapshot } from "../store/catalogue.ts";
import { findDevice, findIdentity } from "../store/identities.ts";
import { installationScope } from "../store/scope.ts";
import { findVault } from "../store/vaults.ts";
import { clientOf, openAccess } from "./hand-out.ts";
import { found, freshId, notFound, type Services } from "./services.ts";

/** What a reader waits for: the keeper's request, whose body is the sealed answer. */
interface Waiting {
  readonly keeperId: string;
  readonly answer: PromiseWithResolvers<KeeperAnswer>;
}

/** A keeper's stream, and how to tell it how that went. */
export interface KeeperAnswer {
  readonly stream: IncomingMessage;
  /** The reader has it all, or is gone. */
  readonly done: (delivered: boolean) => void;
}

/** How the channel reaches a part that is connected to this server. */
export interface PartReach {
  sendRelay(identityId: string, request: RelayRequest): boolean;
}

const keeperBeginsWithinMs = 60 * secondMs;

/** Brings a reader's question to the keeper that can open the vault, and the keeper's sealed answer back. */
export class RelayDesk {
  readonly #services: Services;
  readonly #parts: PartReach;
  readonly #waiting = new Map<string, Waiting>();

  constructor(services: Services, parts: PartReach) {
    this.#services = services;
    this.#parts = parts;
  }

  /**
   * Asks the keeper and waits until it begins to answer.
   * @param signal aborted when the reader goes away
   * @throws NOT_FOUND, KEEPER_AWAY, RELAY_TIMEOUT
   */
  async ask(
    caller: Caller,
    wanted: { deviceId: string; snapshotId: string; want: RelayRequest["want"] } & z.infer<typeof snapshotRead>,
    signal: AbortSignal,
  ): Promise<KeeperAnswer> {
    const { request, keeperId } = await this.#prepare(caller, wanted);
    const answer = Promise.withResolvers<KeeperAnswer>();
    const { relayId } = request;
    this.#waiting.set(relayId, { keeperId, answer });
    const over = new AbortController();
    const gone = () => answer.reject(signal.reason);
    signal.addEventListener("abort", gone, { once: true });
    try {
      if (!this.#parts.sendRelay(keeperId, request))
        throw new HoldfastError(serverErrors.keeperAway, "The keeper that can open this vault is not connected.");
      this.#services.clock.sleep(keeperBeginsWithinMs, over.signal).then(
        () =>
          answer.reject(new HoldfastError(serverErrors.relayTimeout, "The keeper did not begin to answer in time.")),
        () => {},
      );
      return await answer.promise;
    } finally {
      over.abort();
      signal.removeEventListener("abort", gone);
      this.#waiting.delete(relayId);
    }
  }

  /**
   * A keeper has come with an answer; resolves when its reader has it.
   * @returns false when the reader went away on the way
   * @throws NOT_FOUND when nobody waits, or waits for another keeper
   */
  async deliver(party: Party, relayId: string, stream: IncomingMessage): Promise<boolean> {
    const waiting = this.#waiting.get(relayId);
    if (waiting?.keeperId !== party.identityId) throw notFound("relay");
    this.#waiting.delete(relayId);
    const delivered = Promise.withResolvers<boolean>();
    waiting.answer.resolve({ stream, done: delivered.resolve });
    return delivered.promise;
  }

  async #prepare(
    caller: Caller,
    wanted: { deviceId: string; snapshotId: string; want: RelayRequest["want"] } & z.infer<typeof snapshotRead>,
  ): Promise<{ request: RelayRequest; keeperId: string }> {
    const services = this.#services;
    const { deviceId, snapshotId, want, path, readerKey } = wanted;
    // What the caller may see is decided in the caller's scope; the keeper stands above it.
    await services.store.read(caller.scope, async (db) => {
      found(await findDevice(db, deviceId), "device");
      found(await findSnapshot(db, deviceId, snapshotId), "snapshot");
    });
    return services.store.transact(installationScope, async (tx) => {
      const snapshot = found(await findSnapshot(tx.db, deviceId, snapshotId), "snapshot");
      const vault = found(await findVault(tx.db, snapshot.vaultId), "vault");
      const device = found(await findDevice(tx.db, deviceId), "device");
      const keeper = found(await findIdentity(tx.db, vault.keeperId), "keeper");
      const client = await clientOf(tx, vault.organisationId);
      const { organisationId, vaultId } = vault;
      const forToken = { runId: null, organisationId, deviceId, vaultId };
      const access = await openAccess(services, tx, partyOf(keeper), forToken, { appendOnly: true, lastsMs: hourMs });
      tx.audit({
        by: caller.actor,
        action: want === "file" ? "snapshot.file-read" : "snapshot.listed",
        subject: { kind: "snapshot", id: snapshotId },
        organisationId,
        detail: { deviceId, vaultId },
      });
      const request: RelayRequest = {
        relayId: freshId(services),
        want,
        organisationId: client.organisationId,
        organisationName: client.name,
        deviceId,
        deviceName: device.name,
        vaultId,
        access,
        sealedPassword: found(vault.sealedPassword, "vault"),
        snapshotId,
        path,
        readerKey,
      };
      return { request, keeperId: keeper.identityId };
    });
  }
}
