import { silentLog, systemClock } from "@holdfast/base";
import { manualClock, seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { openAuthority } from "../pki/authority.ts";
import { debianPostgres, hasDebianPostgres } from "../testing/debian-postgres.ts";
import { smallHouse } from "../testing/parties.ts";
import { protectedDevice } from "../testing/protected-device.ts";
import { startServer } from "../main.ts";
import { testConfig } from "../testing/running-server.ts";
import { verifyAuditChain } from "./audit.ts";
import { installationScope } from "./scope.ts";
import { openStore } from "./store.ts";

test.skipIf(!hasDebianPostgres)(
  "an owner of a database who is no superuser is held to the same isolation",
  async () => {
    const connectionString = await debianPostgres();
    const clock = manualClock();
    const store = await openStore({ connection: { connectionString }, clock, log: silentLog });
    onTestFinished(() => store.close());
    const services = {
      store,
      clock,
      random: seededRandom(15),
      log: silentLog,
      authority: await openAuthority(await temporaryDirectory(), clock),
      agentUrl: "https://127.0.0.1:8601",
      gatewayUrl: "https://127.0.0.1:8602",
      gatewayNames: [],
      copyPlaces: ["offsite"],
    };
    const { keeper, client, provider, make } = await smallHouse(services);
    const other = await make("client", "Other", provider.organisationId);
    await protectedDevice(services, keeper, client.organisationId, "web-9");
    await protectedDevice(services, keeper, other.organisationId, "web-8");
    const seen = await store.transact({ kind: "organisation", organisationId: client.organisationId }, async (tx) => {
      tx.unaudited("no change");
      return (await sql`select distinct organisation_id from runs`.execute(tx.db)).rows;
    });
    expect(seen).toEqual([{ organisationId: client.organisationId }]);
    expect((await store.read(installationScope, verifyAuditChain)).brokenAt).toBeUndefined();
  },
);

test("a database that does not answer is named, without its password", async () => {
  const config = testConfig(await temporaryDirectory(), "postgres://provider:s3cret@127.0.0.1:1/holdfast");
  const starting = startServer(config, { clock: systemClock, log: silentLog });
  await expect(starting).rejects.toMatchObject({ code: "DATABASE_AWAY" });
  await expect(starting).rejects.not.toThrow(/s3cret/);
});
