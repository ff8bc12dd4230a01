import { request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { HoldfastError, KiB, messageOf, minuteMs, secondMs } from "@holdfast/base";
import { clientErrors, failureOf } from "@holdfast/client";
import { connectionFailure } from "./connection-failure.ts";

/** How a part reaches its server: only over TLS, only with the pinned authority. */
export interface ServerAccess {
  /** `https://host:port` */
  readonly serverUrl: string;
  readonly caPem: string;
  /** What this part proves itself with; absent while it enrols. */
  readonly identity?: { readonly certificatePem: string; readonly keyPem: string };
}

/** The TLS options of every connection to the server. */
export function tlsOptions(access: ServerAccess) {
  return {
    ca: access.caPem,
    minVersion: "TLSv1.3",
    ...(access.identity && { cert: access.identity.certificatePem, key: access.identity.keyPem }),
  } as const;
}

const silentMs = minuteMs / 2;
const answerBytesMax = 256 * KiB;

/**
 * Posts JSON and gives the parsed JSON of the answer, whose shape the caller checks.
 * @throws AGENT_SERVER_UNREACHABLE, AGENT_SERVER_UNTRUSTED, API_BAD_ANSWER, or the server's own code
 */
export async function postJson(
  access: ServerAccess,
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  const bytes = Buffer.from(JSON.stringify(body));
  const headers = { "content-type": "application/json", "content-length": String(bytes.byteLength) };
  const text = await post(access, path, headers, Readable.from([bytes]), signal, silentMs);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HoldfastError(clientErrors.badAnswer, `${access.serverUrl} answered something else than JSON.`, {
      internal: messageOf(error),
    });
  }
}

/**
 * Posts bytes as they come. How fast they go is up to whoever reads at the other end, so the time to be silent is
 * longer than for a question.
 * @throws as `postJson`
 */
export async function postStream(
  access: ServerAccess,
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const headers = { "content-type": "application/octet-stream" };
  await post(access, path, headers, Readable.from(pieces, { objectMode: false }), signal, 4 * silentMs);
}

async function post(
  access: ServerAccess,
  path: string,
  headers: Record<string, string>,
  body: Readable,
  signal: AbortSignal | undefined,
  timeoutMs: number,
): Promise<string> {
  try {
    const request = httpsRequest(new URL(path, access.serverUrl), {
      method: "POST",
      headers,
      timeout: timeoutMs,
      agent: false,
      ...tlsOptions(access),
      ...(signal && { signal }),
    });
    request.on("timeout", () => request.destroy(new Error(`silent for ${timeoutMs / secondMs} s`)));
    const answered = Promise.withResolvers<IncomingMessage>();
    request.once("response", answered.resolve);
    request.once("error", answered.reject);
    answered.promise.catch(() => {}); // heard below; the body may fail first
    const sent = pipeline(body, request);
    sent.catch(() => {}); // a server that refuses early closes before it has read everything: its answer counts
    const response = await answered.promise;
    const text = await textOf(response);
    if (response.statusCode !== 200 && response.statusCode !== 201 && response.statusCode !== 204) {
      body.destroy();
      throw await failureOf(new Response(text, { status: response.statusCode ?? 500 }));
    }
    await sent;
    return text;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw connectionFailure(access.serverUrl, error);
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.byteLength;
    if (bytes > answerBytesMax) throw new Error("the answer is too long");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
