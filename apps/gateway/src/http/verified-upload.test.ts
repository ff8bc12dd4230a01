import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { KiB } from "@holdfast/base";
import { manualClock } from "@holdfast/testkit";
import { expect, onTestFinished, test } from "vitest";
import { gatewayErrors } from "../errors.ts";
import { verifiedUpload } from "./verified-upload.ts";

const body = Buffer.alloc(400 * KiB, 7);
const name = createHash("sha256").update(body).digest("hex");

/** A request that has arrived at a real server, and the means to send its body. */
async function arriving() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sending = httpRequest({ port, host: "127.0.0.1", method: "POST", headers: { "content-length": body.length } });
  sending.on("error", () => {});
  sending.flushHeaders();
  const [request] = (await once(server, "request")) as [IncomingMessage];
  onTestFinished(() => {
    sending.destroy();
    server.close();
  });
  return { sending, request };
}

test("an upload of the right bytes passes, in any time in which it moves fast enough", async () => {
  const { sending, request } = await arriving();
  const clock = manualClock();
  const upload = verifiedUpload(request, { type: "pack", name }, clock);
  let [sent, seen] = [0, 0];
  const sendMore = () => {
    clock.advanceMs(50_000); // for 100 KiB: 2 KiB a second
    sending.write(body.subarray(sent, sent + 100 * KiB));
    sent += 100 * KiB;
  };
  sendMore();
  for await (const piece of upload.pieces) {
    seen += piece.byteLength;
    if (seen === sent && sent < body.length) sendMore();
  }
  expect(seen).toBe(body.length);
  expect(upload.sizeBytes).toBe(body.length);
});

test("an upload that drips is given up, however regularly it drips", async () => {
  const { sending, request } = await arriving();
  const clock = manualClock();
  const upload = verifiedUpload(request, { type: "pack", name }, clock);
  const finished = upload.finish();
  finished.catch(() => {});
  for (let drip = 0; drip < 200; drip += 1) {
    sending.write(body.subarray(drip, drip + 1));
    clock.advanceMs(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect(finished).rejects.toMatchObject({ code: gatewayErrors.tooSlow.code });
});

test("of an upload whose reader stopped in the middle nobody says that it is what its name says", async () => {
  const { sending, request } = await arriving();
  const upload = verifiedUpload(request, { type: "pack", name }, manualClock());
  sending.end(body);
  for await (const _ of upload.pieces) break;
  expect(await upload.finish()).toBe(false);
});

test("bytes that are not what the name says are refused after the last of them", async () => {
  const { sending, request } = await arriving();
  const upload = verifiedUpload(request, { type: "pack", name: "0".repeat(64) }, manualClock());
  sending.end(body);
  await expect(upload.finish()).rejects.toMatchObject({ code: gatewayErrors.wrongHash.code });
});
