import { sql } from "kysely";
import pg from "pg";
import { expect, test } from "vitest";
import { seededRandom } from "@holdfast/testkit";
import { testServices, type TestServices } from "../testing/services.ts";
import { serverActor, verifyAuditChain } from "./audit.ts";
import { installationScope } from "./scope.ts";

async function addEntries(services: TestServices, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    await services.store.transact(installationScope, async (tx) => {
      const subject = { kind: "thing", id: `${number}` };
      tx.audit({ by: serverActor, action: "thing.changed", subject, organisationId: null, detail: { number } });
    });
  }
}

const verify = (services: TestServices) => services.store.read(installationScope, verifyAuditChain);

/** As the owner of the database would, past the trigger that guards the log. */
async function tamper(services: TestServices, statement: string): Promise<void> {
  const client = new pg.Client(services.database.connection);
  await client.connect();
  await client.query(`set session_replication_role = replica; ${statement}`);
  await client.end();
}

test("entries written at the same time stand in one unbroken chain", async () => {
  const services = await testServices();
  await Promise.all([addEntries(services, 20), addEntries(services, 20), addEntries(services, 20)]);
  expect(await verify(services)).toEqual({ entries: 60, brokenAt: undefined });
});

test("a transaction that changes something and leaves no entry, or two, is thrown away", async () => {
  const services = await testServices();
  const { store } = services;
  await expect(store.transact(installationScope, async () => {})).rejects.toThrow(/audit/);
  const entry = { by: serverActor, action: "a.b", subject: { kind: "a", id: "1" }, organisationId: null };
  const twice = store.transact(installationScope, async (tx) => {
    tx.audit(entry);
    tx.audit(entry);
  });
  await expect(twice).rejects.toThrow(/audit/);
  expect(await verify(services)).toEqual({ entries: 0, brokenAt: undefined });
});

test("nobody changes the log through the store, whatever the scope", async () => {
  const services = await testServices();
  await addEntries(services, 2);
  for (const statement of ["update audit_log set action = 'x'", "delete from audit_log", "truncate audit_log"]) {
    const change = services.store.transact(installationScope, async (tx) => {
      tx.unaudited("no change");
      await sql.raw(statement).execute(tx.db);
    });
    await expect(change).rejects.toThrow(/append-only|permission denied/);
  }
  expect(await verify(services)).toEqual({ entries: 2, brokenAt: undefined });
});

test("whatever is changed, taken out, put in, swapped or cut off behind the store's back is found", async () => {
  const random = seededRandom(20_471);
  const entries = 12;
  const tamperings: ((seq: number) => string)[] = [
    (seq) => `update holdfast.audit_log set actor_name = 'nobody' where seq = ${seq}`,
    (seq) => `update holdfast.audit_log set detail = '{"number":99}' where seq = ${seq}`,
    (seq) => `update holdfast.audit_log set at = at + interval '1 second' where seq = ${seq}`,
    (seq) => `update holdfast.audit_log set organisation_id = null, subject_id = 'x' where seq = ${seq}`,
    (seq) => `delete from holdfast.audit_log where seq = ${seq}`,
    (seq) => `delete from holdfast.audit_log where seq >= ${seq}`,
    (seq) =>
      `update holdfast.audit_log set seq = case seq when ${seq} then -1 else ${seq} end where seq in (${seq}, ${(seq % entries) + 1})`,
    () => `update holdfast.audit_head set seq = seq - 1`,
  ];
  for (const [at, tampering] of tamperings.entries()) {
    const services = await testServices();
    await addEntries(services, entries);
    const seq = 1 + random.below(entries);
    await tamper(services, tampering(seq));
    const { brokenAt } = await verify(services);
    expect(brokenAt, `tampering ${at} of entry ${seq}, seed ${random.seed}`).toBeDefined();
  }
});
