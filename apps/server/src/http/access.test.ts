import { silentLog, systemClock } from "@holdfast/base";
import { agentPaths, api } from "@holdfast/contract";
import { expect, test } from "vitest";
import { installationScope } from "../store/scope.ts";
import { openStore } from "../store/store.ts";
import { apiRequests, nobodys } from "../testing/api-requests.ts";
import { signedInBrowser, testBrowser, type TestBrowser } from "../testing/browser.ts";
import { agentCall, installedHouse, enrolOver, testServer, type TestServer } from "../testing/running-server.ts";
import { openChannel } from "../testing/test-channel.ts";

/** Takes every role from somebody, as an administrator will one day do by hand. */
async function withoutRole(server: TestServer): Promise<TestBrowser> {
  const browser = await signedInBrowser(server, "former@provider.test");
  const store = await openStore({ connection: server.database.connection, clock: systemClock, log: silentLog });
  const { user } = (await (await browser.fetch("/api/v1/session")).json()) as { user: { userId: string } };
  await store.transact(installationScope, async (tx) => {
    tx.unaudited("no change");
    await tx.db.deleteFrom("roleGrants").where("userId", "=", user.userId).execute();
  });
  await store.close();
  return browser;
}

function bearer(server: TestServer, token: string): TestBrowser {
  const browser = testBrowser(server);
  const fetchWith = (path: string, init: RequestInit = {}) =>
    browser.fetch(path, { ...init, headers: { authorization: `Bearer ${token}` } });
  return { fetch: fetchWith, cookies: browser.cookies };
}

async function verdict(browser: TestBrowser, path: string, init: RequestInit): Promise<string> {
  const abort = new AbortController();
  const response = await browser.fetch(path, { ...init, signal: abort.signal });
  if (response.status !== 401 && response.status !== 403) {
    abort.abort(); // an event stream would go on for ever
    return "yes";
  }
  return `${response.status} ${((await response.json()) as { code: string }).code}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return (
    rows
      .map((row) =>
        row
          .map((cell, at) => cell.padEnd(widths[at]!))
          .join("  ")
          .trimEnd(),
      )
      .join("\n") + "\n"
  );
}

test("who may use each operation is what the reviewed table says", async () => {
  const server = await testServer();
  await installedHouse(server);
  const principals: Record<string, TestBrowser> = {
    nobody: testBrowser(server),
    "wrong token": bearer(server, "x".repeat(43)),
    "no role": await withoutRole(server),
    "provider administrator": await signedInBrowser(server),
    installation: bearer(server, server.token),
  };
  const rows = [["operation", "permission", ...Object.keys(principals)]];
  for (const name of Object.keys(api)) {
    const { operation, route, path, init } = apiRequests(nobodys()).find((each) => each.operation === name)!;
    const verdicts: string[] = [];
    for (const browser of Object.values(principals)) verdicts.push(await verdict(browser, path, init));
    rows.push([operation, route.permission, ...verdicts]);
  }
  await expect(table(rows)).toMatchFileSnapshot("access.golden.txt");
});

test("who may use each address of the agents' listener is what the reviewed table says", async () => {
  const server = await testServer();
  const { provider, device, keeper } = await installedHouse(server);
  const gateway = await enrolOver(server, "gateway", provider.organisationId, "gateway-1");
  const other = await testServer();
  const stranger = (await installedHouse(other)).device;
  const revoked = await enrolOver(server, "keeper", provider.organisationId, "keeper-2");
  await revoke(server, revoked.identityId);
  const { ca } = device.tls;
  const parts = {
    "no certificate": { ...device, tls: { ca } as typeof device.tls },
    "of another installation": { ...stranger, tls: { ...stranger.tls, ca } },
    revoked,
    device,
    keeper,
    gateway,
  };
  const grant = JSON.stringify({ repository: crypto.randomUUID(), tokenSha256: "0".repeat(64) });
  const enrolment = { token: "t".repeat(30), kind: "device", name: "x", certificateRequestPem: "x" };
  const calls: [string, string | "channel" | "relay"][] = [
    [agentPaths.enrolment, JSON.stringify(enrolment)],
    [agentPaths.gatewayGrants, grant],
    [agentPaths.relay(crypto.randomUUID()), "relay"],
    [agentPaths.channel, "channel"],
    ["/agent/v1/nothing", "{}"],
    ["/api/v1/health", "{}"],
  ];
  const rows = [["address", ...Object.keys(parts)]];
  for (const [path, body] of calls) {
    const verdicts: string[] = [];
    for (const part of Object.values(parts)) {
      if (body === "channel") {
        const opened = await openChannel(server.agentUrl, part).then(
          async (channel) => (await channel.close(), "yes"),
          (error: Error) => error.message.replace(/\D+/, ""),
        );
        verdicts.push(opened);
      } else {
        const streamed = (async function* () {})();
        const answer = await agentCall(server, path, body === "relay" ? streamed : body, part);
        verdicts.push(`${answer.status} ${(JSON.parse(answer.body) as { code: string }).code}`);
      }
    }
    rows.push([path.replace(/[0-9a-f-]{36}/, ":relayId"), ...verdicts]);
  }
  await expect(table(rows)).toMatchFileSnapshot("agent-access.golden.txt");
});

async function revoke(server: TestServer, identityId: string): Promise<void> {
  const store = await openStore({ connection: server.database.connection, clock: systemClock, log: silentLog });
  await store.transact(installationScope, async (tx) => {
    tx.unaudited("no change");
    await tx.db.updateTable("identities").set({ revokedAt: new Date() }).where("identityId", "=", identityId).execute();
  });
  await store.close();
}
