import { pipeline } from "node:stream/promises";
import { messageOf } from "@holdfast/base";
import type { RelayRequest } from "@holdfast/contract";
import type { FastifyReply } from "fastify";
import type { RelayDesk } from "../app/relay.ts";
import type { Services } from "../app/services.ts";
import type { Caller } from "../authz/caller.ts";

/**
 * Pipes a keeper's sealed answer to the reader, no faster than the reader takes it. When either goes away the other's
 * connection ends too; the reader notices a cut by the missing last frame.
 */
export async function streamSealed(
  services: Services,
  relay: RelayDesk,
  caller: Caller,
  wanted: { deviceId: string; snapshotId: string; want: RelayRequest["want"]; path: string; readerKey: string },
  reply: FastifyReply,
): Promise<void> {
  const gone = new AbortController();
  reply.raw.on("close", () => gone.abort(new Error("the reader went away")));
  const { stream, done } = await relay.ask(caller, wanted, gone.signal);
  reply.hijack();
  const response = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value);
  response.writeHead(200, { "content-type": "application/octet-stream", "cache-control": "no-store" });
  try {
    await pipeline(stream, response);
    done(true);
  } catch (error) {
    services.log.debug("a sealed answer was cut off", { because: messageOf(error) });
    response.destroy();
    done(false);
  }
}
