import type { Insertable, Selectable } from "kysely";
import type { Reader, Writer } from "./store.ts";
import type { RoleGrantTable } from "./tables.ts";

/** Gives a role unless the user has it there. */
export async function ensureGrant(tx: Writer, grant: Insertable<RoleGrantTable>): Promise<void> {
  await tx.db
    .insertInto("roleGrants")
    .values(grant)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The user's roles, the earliest given first. */
export function grantsOf(db: Reader, userId: string): Promise<Selectable<RoleGrantTable>[]> {
  return db.selectFrom("roleGrants").selectAll().where("userId", "=", userId).orderBy("grantedAt").execute();
}
