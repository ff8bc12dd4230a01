import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, onTestFinished, test } from "vitest";
import type { GatewayConfig } from "./config.ts";
import { rawRequest } from "./testing/raw-request.ts";

test("a gateway says in one line that it serves, and ends cleanly on SIGTERM", async () => {
  const config: GatewayConfig = {
    path: join(await temporaryDirectory(), "repositories"),
    listen: { host: "127.0.0.1", port: 0 },
    tls: undefined,
    access: { kind: "open" },
    logLevel: "info",
  };
  const program = `import { runGateway } from ${JSON.stringify(new URL("./run-gateway.ts", import.meta.url).href)};
    await runGateway(${JSON.stringify(config)});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let log = "";
  child.stderr.on("data", (piece: Buffer) => (log += piece.toString()));

  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const ready = JSON.parse(line) as Record<string, string>;
  expect(ready).toEqual({ ready: true, part: "gateway", url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  expect((await rawRequest(ready["url"]!, "POST", "/vault/?create=true")).status).toBe(200);

  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  for (const entry of log.trim().split("\n")) expect(JSON.parse(entry)).toMatchObject({ part: "gateway" });
});
