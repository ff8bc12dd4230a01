import { HoldfastError, newId, type Clock, type Log, type Random } from "@holdfast/base";
import { serverErrors } from "../errors.ts";
import type { Authority } from "../pki/authority.ts";
import type { Store } from "../store/store.ts";

/** What every use case works with; made once, in main.ts. */
export interface Services {
  readonly store: Store;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where agents, keepers and gateways reach this installation. */
  readonly agentUrl: string;
  readonly gatewayUrl: string;
  /** Names in gateways' certificates, besides this machine's own. */
  readonly gatewayNames: readonly string[];
  readonly copyPlaces: readonly string[];
}

export function nowOf(services: Services): Date {
  return new Date(services.clock.nowMs());
}

export function freshId(services: Services): string {
  return newId(services.clock, services.random);
}

/** What was asked for is not there, or not for this caller: the same answer for both. */
export function notFound(what: string): HoldfastError {
  return new HoldfastError(serverErrors.notFound, `There is no such ${what}.`);
}

/** @throws NOT_FOUND */
export function found<T>(value: T | null | undefined, what: string): T {
  if (value === undefined || value === null) throw notFound(what);
  return value;
}

/**
 * A cursor of lists that are ordered by id.
 * @throws REQUEST_INVALID
 */
export function idCursor(after: string | undefined): string | undefined {
  if (after === undefined || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(after)) return after;
  throw new HoldfastError(serverErrors.requestInvalid, "`after` is not a cursor that this server gave out.");
}
