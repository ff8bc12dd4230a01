import { sql } from "kysely";
import { expect, test } from "vitest";
import { smallHouse } from "../testing/parties.ts";
import { protectedDevice } from "../testing/protected-device.ts";
import { testServices } from "../testing/services.ts";
import { tenantTables, type Scope } from "./scope.ts";
import type { Tables } from "./tables.ts";

const tables = Object.keys(tenantTables) as (keyof typeof tenantTables)[];
const camel = (table: string) => table.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) as keyof Tables;

/** Two clients with everything there can be, and the scopes that look at them. */
async function twoClients() {
  const services = await testServices();
  const house = await smallHouse(services);
  const other = await house.make("client", "Other", house.provider.organisationId);
  const site = await house.make("site", "Site", other.organisationId);
  const mine = await protectedDevice(services, house.keeper, house.client.organisationId, "mine");
  const theirs = await protectedDevice(services, house.keeper, site.organisationId, "theirs");
  return { services, house, other, site, mine, theirs };
}

type Rows = Record<string, unknown>[];

/** Every row of every tenant's table, as the query builder gives them and as raw SQL gives them. */
async function everything(services: Awaited<ReturnType<typeof testServices>>, scope: Scope) {
  return services.store.transact(scope, async (tx) => {
    tx.unaudited("no change");
    const seen: Record<string, { built: Rows; raw: Rows }> = {};
    for (const table of tables) {
      const built = (await tx.db.selectFrom(camel(table)).selectAll().execute()) as Rows;
      const { rows } = await sql.raw<Record<string, unknown>>(`select * from ${table}`).execute(tx.db);
      seen[table] = { built, raw: rows };
    }
    return seen;
  });
}

test("each scope sees its own rows and no others, by the query builder and by raw SQL alike", async () => {
  const { services, house, other, site, mine } = await twoClients();
  const all = await everything(services, { kind: "installation" });
  for (const table of tables) expect(all[table]!.built.length, table).toBeGreaterThan(1);

  const clients: [Scope, string[]][] = [
    [{ kind: "organisation", organisationId: house.client.organisationId }, [house.client.organisationId]],
    [{ kind: "organisation", organisationId: other.organisationId }, [other.organisationId, site.organisationId]],
    [{ kind: "organisation", organisationId: site.organisationId }, [site.organisationId]],
    [{ kind: "nothing" }, []],
  ];
  for (const [scope, reach] of clients) {
    const seen = await everything(services, scope);
    for (const table of tables) {
      const expected = all[table]!.built.filter((row) => reach.includes(row["organisationId"] as string));
      expect(seen[table]!.built.length, `${table} in ${JSON.stringify(scope)}`).toBe(expected.length);
      expect(seen[table]!.raw.length, `${table} by raw SQL in ${JSON.stringify(scope)}`).toBe(expected.length);
      const organisations = new Set(seen[table]!.built.map((row) => row["organisationId"]));
      for (const id of organisations) expect(reach).toContain(id);
    }
  }

  const organisationId = house.client.organisationId;
  const own = await everything(services, { kind: "device", organisationId, deviceId: mine.deviceId });
  expect(own["identities"]!.built.map((row) => row["identityId"])).toEqual([mine.deviceId]);
  expect(own["organisations"]!.built.map((row) => row["organisationId"])).toEqual([organisationId]);
  for (const [table, column] of Object.entries(tenantTables)) {
    const { built, raw } = own[table]!;
    expect(built.length, table).toBe(raw.length);
    if (column === "hidden") expect(built, table).toEqual([]);
    else if (column === "device_id") {
      expect(built.length, table).toBeGreaterThan(0);
      for (const row of built) expect(row["deviceId"], table).toBe(mine.deviceId);
    }
  }
});

test("the provider sees the whole tree", async () => {
  const { services, house } = await twoClients();
  const { organisationId } = house.provider;
  const all = await everything(services, { kind: "installation" });
  const seen = await everything(services, { kind: "organisation", organisationId });
  for (const table of tables) expect(seen[table]!.built.length, table).toBe(all[table]!.built.length);
});

test("nothing of another client can be changed, removed or made, by the query builder or by raw SQL", async () => {
  const { services, house, other, mine, theirs } = await twoClients();
  const scope: Scope = { kind: "organisation", organisationId: house.client.organisationId };
  const before = await everything(services, { kind: "organisation", organisationId: other.organisationId });

  await services.store.transact(scope, async (tx) => {
    tx.unaudited("no change");
    const renamed = await tx.db
      .updateTable("vaults")
      .set({ name: "mine now" })
      .where("vaultId", "=", theirs.vaultId)
      .executeTakeFirst();
    expect(renamed.numUpdatedRows).toBe(0n);
    const removed = await tx.db.deleteFrom("copies").where("vaultId", "=", theirs.vaultId).executeTakeFirst();
    expect(removed.numDeletedRows).toBe(0n);
    const raw =
      await sql`update runs set state = 'queued', ended_at = null where device_id = ${theirs.deviceId}`.execute(tx.db);
    expect(raw.numAffectedRows).toBe(0n);
  });
  // Moving a row of one's own over there is making one there.
  const moved = services.store.transact(scope, async (tx) => {
    tx.unaudited("no change");
    const { organisationId } = other;
    await tx.db.updateTable("vaults").set({ organisationId }).where("vaultId", "=", mine.vaultId).execute();
  });
  await expect(moved).rejects.toThrow(/row-level security/);
  expect(await everything(services, { kind: "organisation", organisationId: other.organisationId })).toEqual(before);
});

test("a table that nobody has declared a tenant's or common is refused inside a scope", async () => {
  const { services, house } = await twoClients();
  const scope: Scope = { kind: "organisation", organisationId: house.client.organisationId };
  const reading = services.store.read(scope, (db) =>
    db
      .selectFrom("kyselyMigration" as "organisations")
      .selectAll()
      .execute(),
  );
  await expect(reading).rejects.toThrow(/not said to be/);
});
