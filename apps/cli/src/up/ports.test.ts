import { createServer, type Server } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { choosePorts } from "./ports.ts";

/** Something else that listens on a free port of the system's choice. */
async function squatter(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("a first start gets three different free ports", async () => {
  const { console, channel, gateway } = await choosePorts(undefined);
  expect(new Set([console, channel, gateway]).size).toBe(3);
});

test("a console port that another program took is exchanged, since nobody was told of it", async () => {
  const first = await choosePorts(undefined);
  const ports = await choosePorts({ ...first, console: await squatter() });
  expect(ports).toMatchObject({ channel: first.channel, gateway: first.gateway });
});

test.each(["channel", "gateway"] as const)("a taken %s port is named, since agents know it", async (which) => {
  const port = await squatter();
  await expect(choosePorts({ ...(await choosePorts(undefined)), [which]: port })).rejects.toMatchObject({
    code: "UP_PORT_TAKEN",
    message: expect.stringContaining(String(port)),
  });
});
