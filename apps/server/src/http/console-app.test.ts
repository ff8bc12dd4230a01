import { mkdir, writeFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import type { Log } from "@holdfast/base";
import { api, problem } from "@holdfast/contract";
import { temporaryDirectory } from "@holdfast/testkit";
import pg from "pg";
import { expect, test } from "vitest";
import { signedInBrowser } from "../testing/browser.ts";
import { installedHouse, testServer, type TestServer } from "../testing/running-server.ts";

const organisation = JSON.stringify({ kind: "reseller", name: "R", parentId: null });

/** Raw, because fetch neither sends a wrong Host nor leaves a path as it is written. */
function raw(server: TestServer, options: http.RequestOptions): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on("error", reject).end();
  });
}

test("a change with a cookie counts only when it comes from a page of this console", async () => {
  const server = await testServer();
  const browser = await signedInBrowser(server);
  const change = (headers: Record<string, string>) =>
    browser.fetch("/api/v1/organisations", { method: "POST", body: organisation, headers });
  for (const origin of [
    "https://evil.test",
    "null",
    `${server.url}.evil.test`,
    server.url.replace("http:", "https:"),
  ]) {
    const response = await change({ origin });
    expect(response.status, origin).toBe(403);
    expect(problem.parse(await response.json()).code).toBe("WRONG_ORIGIN");
  }
  const ours = await change({ origin: server.url });
  expect(problem.parse(await ours.json()).code).toBe("ORGANISATION_MISPLACED"); // let through, and judged
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const without = await fetch(`${server.url}/api/v1/organisations`, {
    method: "POST",
    body: organisation,
    headers: { cookie, "content-type": "application/json" },
  });
  expect(without.status).toBe(403);
});

test("a name that is not this server's is refused, so that another site's name cannot be made to lead here", async () => {
  const server = await testServer();
  for (const host of ["evil.test", `evil.test:${new URL(server.url).port}`, "127.0.0.1"]) {
    const { status, text } = await raw(server, { path: "/api/v1/health", headers: { host } });
    expect([status, JSON.parse(text)], host).toMatchObject([403, { code: "WRONG_ORIGIN" }]);
  }
});

test("every answer carries the headers that keep pages apart", async () => {
  const server = await testServer();
  for (const address of ["/api/v1/health", "/", "/api/nothing"]) {
    const { headers } = await fetch(server.url + address);
    expect(headers.get("content-security-policy"), address).toContain("default-src 'self'");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("content-security-policy")).not.toMatch(/script-src|unsafe-eval/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("strict-transport-security")).toBeNull(); // plain HTTP on loopback
  }
});

test("what is asked wrongly is answered with a problem that names the field and never its value", async () => {
  const server = await testServer();
  const headers = { authorization: `Bearer ${server.token}`, "content-type": "application/json" };
  const cases: [string, RequestInit, number, string][] = [
    ["/api/v1/organisations", { method: "POST", body: "{" }, 400, "REQUEST_INVALID"],
    ["/api/v1/organisations", { method: "POST", body: '{"kind":"secret-value"}' }, 400, "REQUEST_INVALID"],
    ["/api/v1/organisations", { method: "POST", body: `"${"x".repeat(2 ** 21)}"` }, 413, "REQUEST_TOO_LARGE"],
    ["/api/v1/runs/secret-value", {}, 400, "REQUEST_INVALID"],
    ["/api/v1/runs?limit=0", {}, 400, "REQUEST_INVALID"],
    ["/api/v1/runs?after=secret-value", {}, 400, "REQUEST_INVALID"],
    ["/api/v1/devices?after=secret-value", {}, 400, "REQUEST_INVALID"],
    [`/api/v1/runs/${crypto.randomUUID()}`, {}, 404, "NOT_FOUND"],
    ["/api/v1/nothing", {}, 404, "NOT_FOUND"],
    ["/api/v1/session", {}, 403, "NOT_ALLOWED"],
  ];
  for (const [address, init, status, code] of cases) {
    const response = await fetch(server.url + address, { ...init, headers });
    const text = await response.text();
    expect(response.status, address).toBe(status);
    expect(problem.parse(JSON.parse(text))).toMatchObject({ code, requestId: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(text).not.toContain("secret-value");
  }
});

test("a failure that nobody expected shows its id and nothing else, and the log has the rest", async () => {
  const lines: { message: string; fields: unknown }[] = [];
  const write = (message: string, fields?: unknown) => void lines.push({ message, fields });
  const log: Log = { debug: () => {}, info: () => {}, warn: write, error: write, child: () => log };
  const server = await testServer({ log });
  await server.api.call("createOrganisation", { body: { kind: "provider", name: "P", parentId: null } });
  await breakDatabase(server);
  const headers = { authorization: `Bearer ${server.token}` };
  const response = await fetch(`${server.url}/api/v1/organisations`, { headers });
  expect(response.status).toBe(500);
  const said = problem.parse(await response.json());
  expect(said).toMatchObject({ code: "SERVER_FAILED", message: "The server met an error of its own." });
  const line = lines.find((each) => each.message === "a request failed");
  expect(line?.fields).toMatchObject({ requestId: said.requestId, because: expect.stringContaining("organisations") });
  expect(JSON.stringify(lines)).not.toContain(server.token);
});

async function breakDatabase(server: TestServer): Promise<void> {
  const client = new pg.Client(server.database.connection);
  await client.connect();
  await client.query("alter table holdfast.organisations rename to organisations_away");
  await client.end();
}

test("the console is served with every page of its own at its own address, and nothing outside its folder", async () => {
  const dir = await temporaryDirectory();
  const consoleDir = path.join(dir, "dist");
  await mkdir(path.join(consoleDir, "assets"), { recursive: true });
  await writeFile(path.join(consoleDir, "index.html"), "<title>Holdfast</title>");
  await writeFile(path.join(consoleDir, "assets", "index-abc123.js"), "export {}");
  await writeFile(path.join(dir, "secret.txt"), "outside");
  const server = await testServer({
    config: (config) => ({ ...config, console: { ...config.console, dir: consoleDir } }),
  });
  for (const page of ["/", "/devices/1", "/sign-in", "/sign-in?error=INVALID_TOKEN"]) {
    const response = await fetch(server.url + page);
    expect([response.status, await response.text()], page).toEqual([200, "<title>Holdfast</title>"]);
    expect(response.headers.get("cache-control")).toBe("no-cache");
  }
  const asset = await fetch(`${server.url}/assets/index-abc123.js`);
  expect(asset.headers.get("cache-control")).toContain("immutable");
  expect((await fetch(`${server.url}/assets/missing.js`)).status).toBe(404);
  const host = new URL(server.url).host;
  for (const address of ["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"]) {
    const { status, text } = await raw(server, { path: address, headers: { host } });
    expect(text, address).not.toContain("outside");
    expect([200, 400, 403, 404], address).toContain(status);
  }
});

test("without a built console the API works and the pages say what to do", async () => {
  const server = await testServer({
    config: (config) => ({ ...config, console: { ...config.console, dir: "/nowhere" } }),
  });
  const page = await fetch(server.url);
  expect([page.status, await page.text()]).toEqual([503, expect.stringContaining("npm run build")]);
  expect(await (await fetch(`${server.url}/api/v1/health`)).json()).toMatchObject({ ok: true });
});

test("openapi.json is served and names every operation", async () => {
  const server = await testServer();
  const document = (await (await fetch(`${server.url}/api/v1/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const named = Object.values(document.paths).flatMap((item) => Object.values(item).map((each) => each.operationId));
  expect(named.sort()).toEqual(Object.keys(api).sort());
});

test("events tell of what changes as it changes", async () => {
  const server = await testServer();
  const { device } = await installedHouse(server);
  const browser = await signedInBrowser(server);
  const stream = await browser.fetch("/api/v1/events");
  expect(stream.headers.get("content-type")).toBe("text/event-stream");
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const { runId } = await server.api.call("createRun", {
    params: { deviceId: device.identityId },
    body: { kind: "assess", paths: ["/srv"] },
  });
  while (!text.includes(runId)) text += (await reader.read()).value ?? "";
  const [event] = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as object);
  expect(event).toMatchObject({ type: "run", run: { runId, state: "queued" } });
  await reader.cancel();
});

test("a server that stops does not wait for open event streams", async () => {
  const server = await testServer();
  const browser = await signedInBrowser(server);
  const stream = await browser.fetch("/api/v1/events");
  const beganMs = performance.now();
  await server.close();
  expect(performance.now() - beganMs).toBeLessThan(2500);
  await stream.text().catch(() => {});
});

test("health says so when the database is away", async () => {
  const server = await testServer();
  const health = async () => (await fetch(`${server.url}/api/v1/health`)).status;
  expect(await health()).toBe(200);
  const client = new pg.Client({ ...server.database.connection, database: "postgres" });
  await client.connect();
  const { database } = server.database.connection;
  await client.query(`alter database ${database} allow_connections false`);
  await client.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [database]);
  await expect.poll(health).toBe(503);
  await client.query(`alter database ${database} allow_connections true`);
  await expect.poll(health).toBe(200);
  await client.end();
});

test("behind a proxy with a name and a certificate, links lead to that name and its pages may change things", async () => {
  const proxied = "https://backup.example.test";
  const server = await testServer({
    config: (config) => ({ ...config, console: { ...config.console, names: [proxied] } }),
  });
  const { url } = await server.api.call("createSignInLink", { body: { email: "ann@provider.test" } });
  expect(new URL(url).origin).toBe(proxied);
  const said = { method: "POST", path: "/api/auth/sign-out" };
  const passedOn = await raw(server, { ...said, headers: { host: "backup.example.test", origin: proxied } });
  expect(passedOn.status).toBe(200);
  const foreign = await raw(server, { ...said, headers: { host: "backup.example.test", origin: "https://evil.test" } });
  expect(foreign.status).toBe(403);
});
