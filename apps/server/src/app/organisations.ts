import { HoldfastError } from "@holdfast/base";
import type { NewOrganisation, Organisation } from "@holdfast/contract";
import { evaluateProtection } from "@holdfast/domain";
import type { Caller } from "../authz/caller.ts";
import { serverErrors } from "../errors.ts";
import { deviceFacts } from "../store/device-facts.ts";
import {
  findOrganisation,
  findProvider,
  insertOrganisation,
  organisationsInReach,
  reachPairs,
  type OrganisationRow,
} from "../store/organisations.ts";
import { protectionFacts } from "./device-shape.ts";
import { found, freshId, nowOf, type Services } from "./services.ts";

type Kind = Organisation["kind"];

/** What may stand below what. */
const placesBelow: Record<Kind, readonly Kind[]> = {
  provider: ["reseller", "client"],
  reseller: ["client"],
  client: ["site"],
  site: [],
};

/** Organisations in reach, parents first, with how their devices are. */
export async function listOrganisations(services: Services, caller: Caller): Promise<{ items: Organisation[] }> {
  const nowMs = services.clock.nowMs();
  return services.store.read(caller.scope, async (db) => {
    const rows = await organisationsInReach(db);
    const above = Map.groupBy(await reachPairs(db), (pair) => pair.descendantId);
    const counts = new Map(rows.map((row) => [row.organisationId, { total: 0, protected: 0, needAttention: 0 }]));
    for (const facts of await deviceFacts(db)) {
      const { state } = evaluateProtection(protectionFacts(facts, nowMs));
      for (const { ancestorId } of above.get(facts.organisationId) ?? []) {
        const count = counts.get(ancestorId);
        if (count === undefined) continue;
        count.total += 1;
        if (state === "protected") count.protected += 1;
        else if (state !== "waiting") count.needAttention += 1;
      }
    }
    return { items: rows.map((row) => shape(row, counts.get(row.organisationId)!)) };
  });
}

/** @throws PROVIDER_EXISTS, ORGANISATION_MISPLACED, NOT_FOUND, NOT_ALLOWED */
export async function createOrganisation(
  services: Services,
  caller: Caller,
  asked: NewOrganisation,
): Promise<Organisation> {
  const row: OrganisationRow = { organisationId: freshId(services), ...asked, createdAt: nowOf(services) };
  await services.store.transact(caller.scope, async (tx) => {
    if (asked.kind === "provider") {
      if (caller.scope.kind !== "installation")
        throw new HoldfastError(serverErrors.notAllowed, "Only the installation makes the provider.");
      if (asked.parentId !== null) throw misplaced("The provider stands above all others.");
      if ((await findProvider(tx.db)) !== undefined)
        throw new HoldfastError(serverErrors.providerExists, "The provider was made already.");
    } else {
      if (asked.parentId === null) throw misplaced(`A ${asked.kind} needs a parent.`);
      const parent = found(await findOrganisation(tx.db, asked.parentId), "organisation");
      if (!placesBelow[parent.kind].includes(asked.kind))
        throw misplaced(`A ${asked.kind} cannot stand below a ${parent.kind}.`);
    }
    await insertOrganisation(tx, row);
    tx.audit({
      by: caller.actor,
      action: "organisation.created",
      subject: { kind: "organisation", id: row.organisationId },
      organisationId: row.organisationId,
      detail: { kind: row.kind, name: row.name, parentId: row.parentId },
    });
  });
  return shape(row, { total: 0, protected: 0, needAttention: 0 });
}

function shape(row: OrganisationRow, devices: Organisation["devices"]): Organisation {
  const { organisationId, parentId, kind, name, createdAt } = row;
  return { organisationId, parentId, kind, name, createdAt: createdAt.toISOString(), devices };
}

function misplaced(message: string): HoldfastError {
  return new HoldfastError(serverErrors.organisationMisplaced, message);
}
