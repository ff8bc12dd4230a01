import { readFile } from "node:fs/promises";
import { silentLog, systemClock } from "@holdfast/base";
import { apiClient } from "@holdfast/client";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { openEmbeddedPostgres } from "./database/embedded-postgres.ts";
import { verifyAuditChain } from "./store/audit.ts";
import { installationScope } from "./store/scope.ts";
import { openStore } from "./store/store.ts";
import { testAssessment } from "./testing/protected-device.ts";
import { enrolOver } from "./testing/running-server.ts";
import { startProcess, type ServerProcess } from "./testing/server-process.ts";
import { openChannel } from "./testing/test-channel.ts";

const seed = 20_771;
const kills = 5;
const result = { kind: "assess" as const, assessment: testAssessment() };

test(`nothing acknowledged is lost and nothing is done twice when the server is killed, ${kills} times`, async () => {
  const random = seededRandom(seed);
  const home = await temporaryDirectory();
  let server = await startProcess(home, { HOLDFAST_CONSOLE_PORT: "0", HOLDFAST_AGENT_PORT: "0" });
  const ports = {
    HOLDFAST_CONSOLE_PORT: new URL(server.url).port,
    HOLDFAST_AGENT_PORT: new URL(server.agentUrl).port,
  };
  const token = (await readFile(`${home}/server/installation-token`, "utf8")).trim();
  const caPem = await readFile(`${home}/server/ca/ca.pem`, "utf8");
  const api = apiClient({ baseUrl: server.url, token });
  const provider = await api.call("createOrganisation", { body: { kind: "provider", name: "P", parentId: null } });
  const parentId = provider.organisationId;
  const client = await api.call("createOrganisation", { body: { kind: "client", name: "C", parentId } });
  const { agentUrl } = server;
  const device = await enrolOver({ agentUrl, caPem, api }, "device", client.organisationId, "web-1");

  const acknowledged = { organisations: new Set<string>(), runs: new Set<string>(), finished: new Set<string>() };
  /** Makes clients and runs until the server dies, and does the runs on a channel. */
  const work = async (current: ServerProcess) => {
    const channel = await openChannel(current.agentUrl, device);
    const making = (async () => {
      for (let number = 0; ; number += 1) {
        const name = `client ${number}`;
        const made = await api.call("createOrganisation", { body: { kind: "client", name, parentId } });
        acknowledged.organisations.add(made.organisationId);
        const params = { deviceId: device.identityId };
        const run = await api.call("createRun", { params, body: { kind: "assess", paths: result.assessment.paths } });
        acknowledged.runs.add(run.runId);
      }
    })().catch(() => {}); // the server died
    const doing = (async () => {
      for (;;) {
        const { runId } = await Promise.race([channel.next("offer"), channel.closed.then(() => Promise.reject(died))]);
        channel.send({ type: "take", runId });
        const { leaseId } = await Promise.race([channel.next("job"), channel.closed.then(() => Promise.reject(died))]);
        channel.send({ type: "finished", runId, leaseId, outcome: "succeeded", result, failure: null });
        await Promise.race([channel.next("acknowledged"), channel.closed.then(() => Promise.reject(died))]);
        acknowledged.finished.add(runId);
      }
    })().catch(() => {});
    await Promise.all([making, doing]);
  };

  for (let kill = 0; kill < kills; kill += 1) {
    const working = work(server);
    await systemClock.sleep(300 + random.below(700));
    await server.kill({ database: kill % 2 === 1 });
    await working;
    server = await startProcess(home, ports);
  }
  expect(acknowledged.finished.size, `seed ${seed}`).toBeGreaterThan(kills);

  for (const runId of acknowledged.runs) await api.call("getRun", { params: { runId } });
  for (const runId of acknowledged.finished) {
    expect(await api.call("getRun", { params: { runId } })).toMatchObject({ state: "succeeded", result });
  }
  const { items } = await api.call("listOrganisations", {});
  const names = new Set(items.map((each) => each.organisationId));
  for (const id of acknowledged.organisations) expect(names.has(id)).toBe(true);

  expect(await server.stop()).toBe(0);
  const postgres = await openEmbeddedPostgres({ dir: `${home}/server/database`, log: silentLog, clock: systemClock });
  const store = await openStore({ connection: postgres.connection, clock: systemClock, log: silentLog });
  const chain = await store.read(installationScope, verifyAuditChain);
  expect(chain.brokenAt).toBeUndefined();
  const entries = await store.read(installationScope, (db) =>
    db
      .selectFrom("auditLog")
      .select((eb) => ["subjectId" as const, eb.fn.countAll<number>().as("times")])
      .where("action", "=", "run.succeeded")
      .groupBy("subjectId")
      .execute(),
  );
  expect(entries.filter((each) => each.times !== 1)).toEqual([]);
  const ended = new Set(entries.map((each) => each.subjectId));
  for (const runId of acknowledged.finished) expect(ended.has(runId)).toBe(true);
  await store.close();
  await postgres.close();
}, 90_000);

const died = new Error("the server died");
