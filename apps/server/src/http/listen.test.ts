import { writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, onTestFinished, test } from "vitest";
import { listen, readPorts, rememberPorts } from "./listen.ts";

function newServer(): net.Server {
  const server = net.createServer();
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return server;
}

const anyPort = { host: "127.0.0.1", port: 0, portChosen: true };
const setting = "HOLDFAST_TEST_PORT";

test("a default port that is taken is avoided by a later one", async () => {
  const taken = await listen(newServer(), anyPort, setting);
  const port = await listen(newServer(), { ...anyPort, port: taken, portChosen: false }, setting);
  expect(port).toBeGreaterThan(taken);
});

test("a chosen port that is taken is an error that names it and how to choose another", async () => {
  const taken = await listen(newServer(), anyPort, setting);
  const again = listen(newServer(), { ...anyPort, port: taken }, setting);
  await expect(again).rejects.toMatchObject({ code: "PORT_TAKEN" });
  await expect(again).rejects.toThrow(new RegExp(`${taken}.*${setting}`));
});

test("the port of the last start comes before the default, because agents know it", async () => {
  const preset = await listen(newServer(), anyPort, setting);
  const probe = newServer();
  const free = await listen(probe, anyPort, setting);
  await new Promise((resolve) => probe.close(resolve));
  const wanted = { ...anyPort, port: preset, portChosen: false };
  expect(await listen(newServer(), wanted, setting, free)).toBe(free);
});

test("an address that is not this machine's is refused with its own code", async () => {
  const wanted = { ...anyPort, host: "203.0.113.7" };
  await expect(listen(newServer(), wanted, setting)).rejects.toMatchObject({ code: "LISTEN_FAILED" });
});

test("ports are remembered, and a file that is cut off is as good as none", async () => {
  const file = path.join(await temporaryDirectory(), "ports.json");
  expect(await readPorts(file)).toEqual({});
  await rememberPorts(file, { console: 1, agents: 2 });
  expect(await readPorts(file)).toEqual({ console: 1, agents: 2 });
  await writeFile(file, '{"console":1,"ag');
  expect(await readPorts(file)).toEqual({});
});
