import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "@holdfast/base";
import { startAgentProcess } from "./agent-process.ts";
import { complete, deviceInstallation, handOut, reportOf } from "./device-installation.ts";
import { gatewayToken } from "./held-gateway.ts";

async function preparedDevice() {
  const installation = await deviceInstallation();
  const source = path.join(installation.root, "source");
  await mkdir(source);
  await writeFile(path.join(source, "a file"), Buffer.alloc(3_000_000, "some text "));
  const agent = startAgentProcess("agent", installation.environment);
  onTestFinished(() => agent.kill("SIGKILL").then(() => {}));
  const connection = await installation.server.connection();
  await complete(connection, installation.prepareVault);
  return { ...installation, source, agent, connection };
}

test("an agent told to stop in mid-backup gives the repository back, says so, and ends well", async () => {
  const { source, storage, backup, agent, connection, restic } = await preparedDevice();
  const atPack = storage.pauseBefore("write", "pack");
  const runId = await handOut(connection, backup(source));
  await atPack.reached;
  const ended = agent.kill("SIGTERM");
  expect(await reportOf(connection, runId)).toMatchObject({
    outcome: "cancelled",
    failure: { code: "AGENT_STOPPED" },
  });
  expect(await ended).toEqual({ code: 0, signal: null });
  atPack.resume();
  expect(await storage.names("lock")).toEqual([]);
  expect(await storage.names("snapshot")).toEqual([]);
  await restic("check");
});

test("an agent whose lease is lost writes nothing more but gives the repository back", async () => {
  const { source, storage, backup, agent, connection, restic } = await preparedDevice();
  const atPack = storage.pauseBefore("write", "pack");
  const runId = await handOut(connection, backup(source));
  await atPack.reached;
  connection.send({ type: "refused", runId, reason: "the lease ran out" });
  await expect.poll(() => storage.names("lock")).toEqual([]); // given back last of all
  atPack.resume();
  const calls = storage.calls.length;
  expect(await Promise.all([storage.names("index"), storage.names("snapshot")])).toEqual([[], []]);
  await systemClock.sleep(300);
  expect(storage.calls.slice(calls).filter((call) => call.operation === "write")).toEqual([]);
  await complete(connection, backup(source)); // and nothing is in the way of the next
  expect(connection.received.filter((message) => message.type === "finished" && message.runId === runId)).toEqual([]);
  await restic("check");
  expect(await agent.kill("SIGTERM")).toEqual({ code: 0, signal: null });
});

test("an agent outlives its terminal", async () => {
  const { source, backup, agent, connection } = await preparedDevice();
  agent.hangUp();
  await complete(connection, backup(source));
  expect(await agent.kill("SIGINT")).toEqual({ code: 0, signal: null });
});

test("a second agent on the same home ends with one line that names the reason", async () => {
  const { environment } = await preparedDevice();
  const second = startAgentProcess("agent", environment);
  await expect(second.ready).rejects.toThrow();
  expect(await second.kill("SIGKILL")).toMatchObject({ code: 1 });
  expect(second.log()).toMatch(/^AGENT_HOME_IN_USE: [^\n]+\n$/);
});

test("no secret is in what an agent writes to its log or tells its server", async () => {
  const { source, environment, backup, passwordFile, agent, connection, home } = await preparedDevice();
  for (const [paths, outcome] of [
    [[source], "succeeded"],
    [[source, path.join(source, "not there")], "warning"],
    [[home], "failed"],
  ] as const) {
    expect(await reportOf(connection, await handOut(connection, backup(...paths)))).toMatchObject({ outcome });
  }
  await agent.kill("SIGTERM");
  const password = (await readFile(passwordFile, "utf8")).trim();
  const key = (await readFile(path.join(home, "agent", "identity-key.pem"), "utf8")).split("\n")[1]!;
  expect(password.length).toBe(43);
  for (const said of [agent.log(), JSON.stringify(connection.received)]) {
    expect(said.length).toBeGreaterThan(500);
    for (const secret of [password, key, gatewayToken, environment.HOLDFAST_ENROLMENT_TOKEN]) {
      expect(said).not.toContain(secret);
    }
  }
});

test("what could not be read is named and makes the outcome a warning; the home is never read", async () => {
  const { root, home, backup, connection, restic } = await preparedDevice();
  const runId = await handOut(connection, backup(root, path.join(root, "not there")));
  const finished = await reportOf(connection, runId);
  expect(finished).toMatchObject({
    outcome: "warning",
    result: {
      kind: "backup",
      unreadCount: 1,
      unread: [{ path: expect.stringContaining(path.join(root, "not there")) }],
    },
  });
  const { stdout } = await restic("ls", "latest");
  expect(stdout).toContain(path.join(root, "source", "a file"));
  expect(stdout).not.toContain(home);
});
