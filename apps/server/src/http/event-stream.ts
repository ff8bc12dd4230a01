import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { messageOf, secondMs } from "@holdfast/base";
import { serverEvent } from "@holdfast/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import { eventFor } from "../app/events.ts";
import type { Services } from "../app/services.ts";
import type { Caller } from "../authz/caller.ts";
import type { Change, ChangeFeed } from "../store/changes.ts";

const pingMs = 15 * secondMs;
/** Changes that wait for a slow reader; with more the stream ends, and the page asks for everything anew. */
const waitingMax = 1000;

/**
 * Server-sent events until the reader goes away. Changes of the same thing that come while one is being sent are sent
 * once, in their latest state.
 * @param stillAllowed asked from time to time; when it says no, the stream ends
 * @param closing aborted when the server stops
 */
export async function streamEvents(
  services: Services,
  feed: ChangeFeed,
  caller: Caller,
  request: FastifyRequest,
  reply: FastifyReply,
  stillAllowed: () => Promise<boolean>,
  closing: AbortSignal,
): Promise<void> {
  const { clock, log } = services;
  const over = new AbortController();
  const waiting = new Map<string, Change>();
  let wake = Promise.withResolvers<void>();
  let isPingDue = false;

  const response = openStream(reply);
  const onOver = () => {
    over.abort();
    wake.resolve();
  };
  response.on("close", onOver);
  closing.addEventListener("abort", onOver, { once: true });
  const unsubscribe = feed.subscribe((change) => {
    if (change === "missed" || waiting.size >= waitingMax) return onOver();
    waiting.set(JSON.stringify({ ...change, tell: undefined }), change);
    wake.resolve();
  });
  const pinging = (async () => {
    for (;;) {
      await clock.sleep(pingMs, over.signal);
      isPingDue = true;
      wake.resolve();
    }
  })().catch(() => {}); // its sleep ends this way
  const send = async (text: string) => {
    if (!response.write(text)) await once(response, "drain", { signal: over.signal });
  };

  try {
    await send(": hello\n\n");
    for (;;) {
      await wake.promise;
      wake = Promise.withResolvers<void>();
      if (over.signal.aborted) break;
      if (isPingDue) {
        isPingDue = false;
        if (!(await stillAllowed())) break;
        await send(": still here\n\n");
      }
      const changes = [...waiting.values()];
      waiting.clear();
      for (const change of changes) {
        const event = await eventFor(services, caller.scope, change);
        if (event !== undefined) await send(`data: ${JSON.stringify(serverEvent.parse(event))}\n\n`);
      }
    }
  } catch (error) {
    if (!over.signal.aborted)
      log.warn("an event stream ended early", { because: messageOf(error), requestId: request.id });
  } finally {
    unsubscribe();
    closing.removeEventListener("abort", onOver);
    over.abort();
    await pinging;
    response.end();
  }
}

/** Takes the answer over from fastify, with the headers that it would have sent. */
function openStream(reply: FastifyReply): ServerResponse {
  reply.hijack();
  const response = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value);
  return response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
}
