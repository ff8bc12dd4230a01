import type { TestServer } from "./running-server.ts";

/** What a browser would do: keep cookies, name its origin on changes, not follow where nobody looks. */
export interface TestBrowser {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  readonly cookies: ReadonlyMap<string, string>;
}

export function testBrowser(server: TestServer): TestBrowser {
  const cookies = new Map<string, string>();
  return {
    cookies,
    async fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (cookies.size > 0) headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
      const changes = init.method !== undefined && init.method !== "GET";
      if (changes && !headers.has("origin")) headers.set("origin", server.url);
      if (init.body !== undefined && init.body !== null) headers.set("content-type", "application/json");
      const response = await fetch(new URL(path, server.url), { ...init, headers, redirect: "manual" });
      for (const line of response.headers.getSetCookie()) {
        const [pair = ""] = line.split(";");
        const name = pair.slice(0, pair.indexOf("="));
        if (/max-age=0/i.test(line)) cookies.delete(name);
        else cookies.set(name, pair.slice(name.length + 1));
      }
      return response;
    },
  };
}

/** A browser in which somebody has signed in by a one-time link. */
export async function signedInBrowser(server: TestServer, email = "ann@provider.test"): Promise<TestBrowser> {
  const browser = testBrowser(server);
  const { url } = await server.api.call("createSignInLink", { body: { email } });
  for (let next = url; next !== "/";) {
    const response = await browser.fetch(next);
    const location = response.headers.get("location");
    if (response.status !== 302 || location === null) throw new Error(`signing in was answered ${response.status}`);
    const { pathname, search } = new URL(location, server.url);
    next = pathname + search;
  }
  return browser;
}
