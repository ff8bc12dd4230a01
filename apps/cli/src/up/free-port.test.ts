import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "./free-port.ts";

test("a port that another program has is avoided", async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => squatter.close(() => resolve())));
  const address = squatter.address();
  const taken = typeof address === "object" && address !== null ? address.port : 0;
  const port = await freePort(taken);
  expect(port).not.toBe(taken);
  expect(await freePort(port)).toBe(port);
});
