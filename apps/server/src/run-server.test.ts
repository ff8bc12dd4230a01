import { rm } from "node:fs/promises";
import net from "node:net";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "./main.ts";
import { testDatabase } from "./testing/database.ts";
import { testConfig } from "./testing/running-server.ts";
import { startProcess } from "./testing/server-process.ts";
import { silentLog } from "@holdfast/base";

const anyPorts = { HOLDFAST_CONSOLE_PORT: "0", HOLDFAST_AGENT_PORT: "0" };

test("as a program it says where it serves, and ends with 0 when it is told to stop", async () => {
  const server = await startProcess(await temporaryDirectory(), anyPorts);
  expect(await (await fetch(`${server.url}/api/v1/health`)).json()).toMatchObject({ ok: true });
  expect(server.agentUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  expect(await server.stop()).toBe(0);
});

test("a port that is taken is named, and what was begun is taken down again", async () => {
  const { url } = await testDatabase();
  const home = await temporaryDirectory();
  const blocker = net.createServer();
  const port = await new Promise<number>((resolve) =>
    blocker.listen(0, "127.0.0.1", () => resolve((blocker.address() as net.AddressInfo).port)),
  );
  onTestFinished(() => new Promise((resolve) => blocker.close(() => resolve())));
  const config = testConfig(home, url);
  const taken = { ...config, agents: { ...config.agents, port } };
  await expect(startServer(taken, { log: silentLog })).rejects.toMatchObject({ code: "PORT_TAKEN" });
  const server = await startServer(config, { log: silentLog });
  await server.close();
  await rm(home, { recursive: true });
});
