import { minuteMs } from "@holdfast/base";
import type { Session } from "@holdfast/contract";
import pg from "pg";
import { expect, test } from "vitest";
import { signedInBrowser, testBrowser, type TestBrowser } from "../testing/browser.ts";
import { installedHouse, testServer } from "../testing/running-server.ts";
import { shiftedClock } from "../testing/shifted-clock.ts";

const email = "ann@provider.test";
const password = "four plain words together";

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { code: string }).code;
}

function signIn(browser: TestBrowser, said: object): Promise<Response> {
  return browser.fetch("/api/auth/sign-in/email", { method: "POST", body: JSON.stringify(said) });
}

function setPassword(browser: TestBrowser, said = password): Promise<Response> {
  return browser.fetch("/api/v1/session/password", { method: "PUT", body: JSON.stringify({ password: said }) });
}

test("a one-time link signs in once; used again it leads to the sign-in page with the reason", async () => {
  const server = await testServer();
  await installedHouse(server);
  const { url } = await server.api.call("createSignInLink", { body: { email } });
  const browser = testBrowser(server);
  const first = await browser.fetch((await browser.fetch(url)).headers.get("location")!);
  expect(new URL(first.headers.get("location")!, server.url).pathname).toBe("/");
  expect(first.headers.getSetCookie()).toEqual([expect.stringMatching(/; Path=\/; HttpOnly; SameSite=Lax$/)]);
  const session = (await (await browser.fetch("/api/v1/session")).json()) as Session;
  expect(session).toMatchObject({
    user: { email, name: "ann" },
    role: "provider-administrator",
    provider: { name: "Provider" },
    hasPassword: false,
  });

  const thief = testBrowser(server);
  const second = await thief.fetch((await thief.fetch(url)).headers.get("location")!);
  expect(new URL(second.headers.get("location")!, server.url)).toMatchObject({
    pathname: "/sign-in",
    search: "?error=INVALID_TOKEN",
  });
  expect(thief.cookies.size).toBe(0);
});

test("a link is good for 15 minutes and not longer", async () => {
  const clock = shiftedClock();
  const server = await testServer({ clock });
  const { url, expiresAt } = await server.api.call("createSignInLink", { body: { email } });
  const leftMs = Date.parse(expiresAt) - clock.nowMs();
  expect(leftMs).toBeGreaterThan(14 * minuteMs);
  expect(leftMs).toBeLessThanOrEqual(15 * minuteMs);

  // The library reads the machine's own clock, so its row is aged instead.
  const client = new pg.Client(server.database.connection);
  await client.connect();
  const { rowCount } = await client.query(
    `update auth.verification set "expiresAt" = "expiresAt" - interval '15 minutes 1 second'`,
  );
  await client.end();
  expect(rowCount).toBe(1);
  const browser = testBrowser(server);
  const late = await browser.fetch((await browser.fetch(url)).headers.get("location")!);
  expect(late.headers.get("location")).toMatch(/\/sign-in\?error=/);
  expect(browser.cookies.size).toBe(0);
});

test("signing out ends the session, also for who kept its cookie", async () => {
  const server = await testServer();
  const browser = await signedInBrowser(server);
  const stolen = new Map(browser.cookies);
  expect([...stolen.keys()]).toEqual(["holdfast.session_token"]);
  const out = await browser.fetch("/api/auth/sign-out", { method: "POST" });
  expect(out.status).toBe(200);
  const cookie = [...stolen].map(([name, value]) => `${name}=${value}`).join("; ");
  const after = await fetch(`${server.url}/api/v1/session`, { headers: { cookie } });
  expect(after.status).toBe(401);
  expect(await codeOf(after)).toBe("SIGN_IN_NEEDED");
});

test("a password that was set signs in, in any letter case of the address, and a new one ends other sessions", async () => {
  const server = await testServer();
  const browser = await signedInBrowser(server);
  const elsewhere = await signedInBrowser(server);
  expect((await setPassword(browser, "short")).status).toBe(400);
  expect((await setPassword(browser)).status).toBe(204);
  expect((await elsewhere.fetch("/api/v1/session")).status).toBe(401);
  const fresh = testBrowser(server);
  expect((await signIn(fresh, { email: email.toUpperCase(), password })).status).toBe(200);
  expect(await (await fresh.fetch("/api/v1/session")).json()).toMatchObject({ hasPassword: true });
});

test("a wrong password, an unknown address and an account without password are refused in the same words", async () => {
  const server = await testServer();
  await signedInBrowser(server, "bob@provider.test"); // has no password
  const browser = await signedInBrowser(server);
  await setPassword(browser);
  const stranger = testBrowser(server);
  const answers = new Set<string>();
  for (const said of [
    { email, password: `${password}!` },
    { email: "nobody@provider.test", password },
    { email: "bob@provider.test", password },
  ]) {
    const response = await signIn(stranger, said);
    expect(response.status).toBe(401);
    answers.add(JSON.stringify({ ...((await response.json()) as object), requestId: "" }));
  }
  expect(answers.size).toBe(1);
  expect([...answers][0]).toContain("SIGN_IN_REFUSED");
});

test("guessing is slowed down: after ten attempts in a minute the next are refused", async () => {
  const server = await testServer();
  const stranger = testBrowser(server);
  const statuses: number[] = [];
  for (let times = 0; times < 12; times += 1) statuses.push((await signIn(stranger, { email, password })).status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.slice(10)).toEqual([429, 429]);
});

test("a password is only set in a session that has just begun", async () => {
  const clock = shiftedClock();
  const server = await testServer({ clock });
  const browser = await signedInBrowser(server);
  clock.shiftMs(16 * minuteMs);
  const response = await setPassword(browser);
  expect(response.status).toBe(403);
  expect(await codeOf(response)).toBe("PASSWORD_NEEDS_FRESH_SESSION");
});

test("nobody signs up and nobody asks for links: what the library offers besides is not there", async () => {
  const server = await testServer();
  const browser = await signedInBrowser(server);
  const offered = [
    "sign-up/email",
    "sign-in/magic-link",
    "update-user",
    "delete-user",
    "list-sessions",
    "change-email",
  ];
  for (const path of [...offered, "request-password-reset", "set-password", "error", "ok"]) {
    for (const method of ["GET", "POST"]) {
      const body = method === "POST" ? JSON.stringify({ email, name: "x", password }) : undefined;
      const response = await browser.fetch(`/api/auth/${path}`, { method, ...(body === undefined ? {} : { body }) });
      expect(response.status, `${method} ${path}`).toBe(404);
    }
  }
});
