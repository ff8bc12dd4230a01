import type { OrganisationTable } from "./tables.ts";
import type { Reader, Writer } from "./store.ts";
import type { Selectable } from "kysely";

export type OrganisationRow = Selectable<OrganisationTable>;

/** Adds an organisation, and puts it in the reach of all above it. */
export async function insertOrganisation(tx: Writer, organisation: OrganisationRow): Promise<void> {
  const { organisationId, parentId } = organisation;
  await tx.db.insertInto("organisations").values(organisation).execute();
  const above =
    parentId === null
      ? []
      : await tx.db.selectFrom("organisationReach").select("ancestorId").where("descendantId", "=", parentId).execute();
  const reach = [organisationId, ...above.map((row) => row.ancestorId)];
  await tx.db
    .insertInto("organisationReach")
    .values(reach.map((ancestorId) => ({ ancestorId, descendantId: organisationId })))
    .execute();
}

/** All in reach, parents before their children. */
export async function organisationsInReach(db: Reader): Promise<(OrganisationRow & { depth: number })[]> {
  return db
    .selectFrom("organisations")
    .selectAll("organisations")
    .select((eb) =>
      eb
        .selectFrom("organisationReach")
        .select((inner) => inner.fn.countAll<number>().as("depth"))
        .whereRef("organisationReach.descendantId", "=", "organisations.organisationId")
        .$castTo<{ depth: number }>()
        .as("depth"),
    )
    .$narrowType<{ depth: number }>()
    .orderBy("depth")
    .orderBy("name")
    .orderBy("organisationId")
    .execute();
}

export function findOrganisation(db: Reader, organisationId: string): Promise<OrganisationRow | undefined> {
  return db.selectFrom("organisations").selectAll().where("organisationId", "=", organisationId).executeTakeFirst();
}

export function findProvider(db: Reader): Promise<OrganisationRow | undefined> {
  return db.selectFrom("organisations").selectAll().where("kind", "=", "provider").executeTakeFirst();
}

/** The ids of an organisation and all above it that are in reach, nearest first. */
export async function organisationsAbove(db: Reader, organisationId: string): Promise<OrganisationRow[]> {
  const rows = await db
    .selectFrom("organisationReach")
    .innerJoin("organisations", "organisations.organisationId", "organisationReach.ancestorId")
    .selectAll("organisations")
    .where("organisationReach.descendantId", "=", organisationId)
    .execute();
  const byId = new Map(rows.map((row) => [row.organisationId, row]));
  const upwards: OrganisationRow[] = [];
  for (let row = byId.get(organisationId); row !== undefined; row = byId.get(row.parentId ?? "")) upwards.push(row);
  return upwards;
}

/** Every pair of organisations in reach where the first is the second or stands above it. */
export function reachPairs(db: Reader): Promise<{ ancestorId: string; descendantId: string }[]> {
  return db
    .selectFrom("organisationReach")
    .innerJoin("organisations", "organisations.organisationId", "organisationReach.ancestorId")
    .select(["ancestorId", "descendantId"])
    .execute();
}
