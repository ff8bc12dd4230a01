import { HoldfastError } from "@holdfast/base";
import { expect, test } from "vitest";
import { isLoopback, readServerConfig } from "./config.ts";

function codeOf(act: () => unknown): string {
  try {
    act();
    return "none";
  } catch (error) {
    if (error instanceof HoldfastError) return error.code;
    throw error;
  }
}

test("with nothing set, everything has a default that works on this machine alone", () => {
  const config = readServerConfig({});
  expect(config).toMatchObject({
    databaseUrl: undefined,
    console: { host: "127.0.0.1", port: 8600, portChosen: false, tls: undefined },
    agents: { host: "127.0.0.1", port: 8601, portChosen: false },
    copyPlaces: ["offsite"],
    logLevel: "info",
  });
  expect(config.home).toMatch(/\.holdfast$/);
});

test("options win over the environment", () => {
  const env = { HOLDFAST_HOME: "/a", HOLDFAST_CONSOLE_PORT: "1", HOLDFAST_GATEWAY_URL: "https://a/" };
  const config = readServerConfig(env, { home: "/b", consolePort: 2 });
  expect(config).toMatchObject({ home: "/b", console: { port: 2, portChosen: true }, gatewayUrl: "https://a" });
});

test("a setting that cannot be used is refused by its name", () => {
  const wrong = {
    HOLDFAST_CONSOLE_PORT: "http",
    HOLDFAST_AGENT_PORT: "70000",
    DATABASE_URL: "mysql://host/db",
    HOLDFAST_GATEWAY_URL: "gateway",
    HOLDFAST_LOG_LEVEL: "loud",
    HOLDFAST_CONSOLE_CERT: "cert.pem",
  };
  for (const [name, value] of Object.entries(wrong)) {
    expect(
      codeOf(() => readServerConfig({ [name]: value })),
      name,
    ).toBe("CONFIG_INVALID");
    expect(() => readServerConfig({ [name]: value })).toThrow(name);
  }
});

test("the console without TLS listens on loopback only", () => {
  for (const host of ["0.0.0.0", "::", "192.168.1.10", "console.example.test", "127.evil.test"]) {
    expect(
      codeOf(() => readServerConfig({ HOLDFAST_CONSOLE_HOST: host })),
      host,
    ).toBe("LISTEN_UNSAFE");
    const tls = { HOLDFAST_CONSOLE_CERT: "cert.pem", HOLDFAST_CONSOLE_KEY: "key.pem" };
    expect(readServerConfig({ HOLDFAST_CONSOLE_HOST: host, ...tls }).console.host).toBe(host);
  }
  for (const host of ["127.0.0.1", "127.0.0.2", "::1", "localhost"]) expect(isLoopback(host), host).toBe(true);
});
