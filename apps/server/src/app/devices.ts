import { HoldfastError } from "@holdfast/base";
import type { Device } from "@holdfast/contract";
import { evaluateProtection, protectionStates } from "@holdfast/domain";
import { z } from "zod";
import type { Caller } from "../authz/caller.ts";
import { serverErrors } from "../errors.ts";
import { deviceFacts } from "../store/device-facts.ts";
import { findOrganisation } from "../store/organisations.ts";
import { deviceShapes, protectionFacts } from "./device-shape.ts";
import { found, type Services } from "./services.ts";

/**
 * Devices in reach, worst protection first, then by name. Protection changes with time and so is worked out now, from
 * the facts of every device in reach.
 * @throws NOT_FOUND when the organisation is not in reach
 */
export async function listDevices(
  services: Services,
  caller: Caller,
  wanted: { organisationId?: string | undefined; after?: string | undefined; limit: number },
): Promise<{ items: Device[]; next: string | null }> {
  const nowMs = services.clock.nowMs();
  const after = parseCursor(wanted.after);
  return services.store.read(caller.scope, async (db) => {
    const { organisationId } = wanted;
    if (organisationId !== undefined) found(await findOrganisation(db, organisationId), "organisation");
    const ranked = (await deviceFacts(db, { organisationId }))
      .map((facts) => {
        const { state } = evaluateProtection(protectionFacts(facts, nowMs));
        return { facts, place: [protectionStates.indexOf(state), facts.name, facts.deviceId] as const };
      })
      .sort((left, right) => comparePlaces(left.place, right.place))
      .filter(({ place }) => after === undefined || comparePlaces(place, after) > 0);
    const page = ranked.slice(0, wanted.limit);
    return {
      items: await deviceShapes(
        services,
        db,
        page.map((each) => each.facts),
      ),
      next: ranked.length > page.length ? cursorOf(page.at(-1)!.place) : null,
    };
  });
}

/** @throws NOT_FOUND */
export async function getDevice(services: Services, caller: Caller, deviceId: string): Promise<Device> {
  return services.store.read(caller.scope, async (db) => {
    const facts = await deviceFacts(db, { deviceId });
    const [device] = await deviceShapes(services, db, facts);
    return found(device, "device");
  });
}

/** Where a device stands in the list: rank of its state, name, id. */
type Place = readonly [rank: number, name: string, deviceId: string];
const place = z.tuple([z.number().int(), z.string(), z.string()]);

function comparePlaces(left: Place, right: Place): number {
  for (const at of [0, 1, 2] as const) {
    if (left[at] !== right[at]) return left[at] < right[at] ? -1 : 1;
  }
  return 0;
}

function cursorOf(last: Place): string {
  return Buffer.from(JSON.stringify(last)).toString("base64url");
}

function parseCursor(after: string | undefined): Place | undefined {
  if (after === undefined) return undefined;
  try {
    return place.parse(JSON.parse(Buffer.from(after, "base64url").toString()));
  } catch {
    throw new HoldfastError(serverErrors.requestInvalid, "`after` is not a cursor that this server gave out.");
  }
}
