import { api, type OperationName } from "@holdfast/contract";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { installationScope } from "../store/scope.ts";
import { apiRequests, nobodys, type Named } from "../testing/api-requests.ts";
import { signedInBrowser, type TestBrowser } from "../testing/browser.ts";
import { smallHouse } from "../testing/parties.ts";
import { protectedDevice } from "../testing/protected-device.ts";
import { testServer } from "../testing/running-server.ts";
import { testServices, type TestServices } from "../testing/services.ts";

/** Two clients with everything there can be, and somebody who administers only the first. */
async function twoClients() {
  const server = await testServer();
  const services = await testServices({ database: server.database });
  const house = await smallHouse(services);
  const other = await house.make("client", "Secret Client", house.provider.organisationId);
  const mine = await protectedDevice(services, house.keeper, house.client.organisationId, "mine");
  const theirs = await protectedDevice(services, house.keeper, other.organisationId, "secret-device");
  const browser = await signedInBrowser(server, "client@mine.test");
  const { user } = (await (await browser.fetch("/api/v1/session")).json()) as { user: { userId: string } };
  await services.store.transact(installationScope, async (tx) => {
    tx.unaudited("no change");
    const { organisationId } = house.client;
    await tx.db.updateTable("roleGrants").set({ organisationId }).where("userId", "=", user.userId).execute();
  });
  const named = (
    { deviceId, vaultId, planId, runId, snapshotId, certificateId }: typeof mine,
    organisationId: string,
  ) => ({
    ...{ organisationId, deviceId, vaultId, planId, runId, snapshotId, certificateId },
  });
  return {
    server,
    services,
    browser,
    mine: named(mine, house.client.organisationId),
    theirs: named(theirs, other.organisationId),
  };
}

/** Everything the database holds about an organisation, as one text; the server's own schedule may add runs. */
async function stateOf(services: TestServices, organisationId: string): Promise<string> {
  return services.store.read({ kind: "organisation", organisationId }, async (db) => {
    const tables = ["organisations", "identities", "vaults", "plans", "snapshots", "copies", "certificates"] as const;
    const rows = [];
    for (const table of tables)
      rows.push(
        await db
          .selectFrom(table)
          .selectAll()
          .orderBy(sql`1`)
          .execute(),
      );
    const runs = await db
      .selectFrom("runs")
      .selectAll()
      .where("requestedBy", "<>", "schedule")
      .orderBy("runId")
      .execute();
    return JSON.stringify([rows, runs]);
  });
}

async function answerOf(
  browser: TestBrowser,
  path: string,
  init: RequestInit,
): Promise<{ status: number; text: string }> {
  const response = await browser.fetch(path, init);
  const text = (await response.text()).replace(/"requestId":"[0-9a-f]+"/, "");
  return { status: response.status, text };
}

/** Those that name nothing of a tenant, and the stream of events, which has a test of its own below. */
const nameless: readonly OperationName[] = [
  ...(["health", "getSession", "setPassword", "createSignInLink", "listOrganisations", "watchEvents"] as const),
];

test("what belongs to another client is answered exactly like what does not exist, in every operation", async () => {
  const { services, browser, mine, theirs } = await twoClients();
  const before = await stateOf(services, theirs.organisationId);
  const asked = new Set<string>();
  // Each id that can be named, alone and with all others: a foreign vault in a request about one's own device too.
  const fields = Object.keys(theirs) as (keyof Named)[];
  const mixtures = [...fields.map((field) => [field]), fields];
  for (const mixture of mixtures) {
    const foreign = { ...mine, ...Object.fromEntries(mixture.map((field) => [field, theirs[field]])) };
    const nobody = nobodys();
    const missing = { ...mine, ...Object.fromEntries(mixture.map((field) => [field, nobody[field]])) };
    const own = apiRequests(mine);
    const missed = apiRequests(missing);
    for (const [at, request] of apiRequests(foreign).entries()) {
      const { operation, path, init } = request;
      const namesForeign = path !== own[at]!.path || init.body !== own[at]!.init.body;
      if (!namesForeign || nameless.includes(operation)) continue;
      const answer = await answerOf(browser, path, init);
      const expected = await answerOf(browser, missed[at]!.path, missed[at]!.init);
      expect(answer, `${operation} with foreign ${mixture}`).toEqual(expected);
      expect(answer.status, `${operation} with foreign ${mixture}`).toBe(404);
      expect(answer.text).not.toMatch(/secret/i);
      asked.add(operation);
    }
  }
  expect([...asked, ...nameless].sort()).toEqual(Object.keys(api).sort());
  expect(await stateOf(services, theirs.organisationId)).toBe(before);
});

test("lists, counts and cursors tell nothing of another client", async () => {
  const { browser, mine, theirs } = await twoClients();
  const addresses = ["/organisations", "/devices", "/devices?limit=1", "/runs", "/runs?limit=1"];
  const cursor = Buffer.from(JSON.stringify([0, "a", theirs.deviceId])).toString("base64url");
  addresses.push(`/runs?after=${theirs.runId}`, `/devices?after=${cursor}`, `/devices/${mine.deviceId}/snapshots`);
  for (const address of addresses) {
    const { status, text } = await answerOf(browser, `/api/v1${address}`, {});
    expect(status, address).toBe(200);
    expect(text, address).not.toMatch(/secret/i);
    for (const id of Object.values(theirs)) expect(text, address).not.toContain(id);
  }
  const organisations = (await (await browser.fetch("/api/v1/organisations")).json()) as {
    items: { organisationId: string; devices: { total: number } }[];
  };
  expect(organisations.items).toMatchObject([{ organisationId: mine.organisationId, devices: { total: 2 } }]);
});

test("events of another client are not heard, while one's own are", async () => {
  const { server, browser, mine, theirs } = await twoClients();
  const stream = await browser.fetch("/api/v1/events");
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  const ask = (deviceId: string) =>
    server.api.call("createRun", { params: { deviceId }, body: { kind: "assess", paths: ["/srv/other"] } });
  const secret = await ask(theirs.deviceId);
  const own = await ask(mine.deviceId);
  let text = "";
  while (!text.includes(own.runId)) text += (await reader.read()).value ?? "";
  expect(text).not.toContain(secret.runId);
  expect(text).not.toContain(theirs.deviceId);
  await reader.cancel();
});

/** So that the table above cannot quietly lose an operation. */
test("every operation that takes an id is among those that are asked", () => {
  const withIds = (Object.entries(api) as [OperationName, { params?: unknown }][]).filter(([, route]) => route.params);
  for (const [operation] of withIds) expect(nameless).not.toContain(operation);
});
