import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "@holdfast/base";
import type { Storage } from "@holdfast/storage";
import type { Grant } from "../access/grants.ts";
import type { Quotas } from "../quota.ts";

/** One authorised request: what a route needs to answer it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly grant: Grant;
  /** Of the one repository that the grant is for. */
  readonly storage: Storage;
  readonly quotas: Quotas;
  readonly clock: Clock;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** Answers in full. Bodies are short texts for people who look with curl; clients go by the status. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | number>> = {},
  text = "",
): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": body.byteLength,
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  response.end(body);
}

/** Sends a piece, and waits while the client reads more slowly than the storage gives. */
export async function send(response: ServerResponse, piece: Uint8Array | string, signal: AbortSignal): Promise<void> {
  if (response.write(piece)) return;
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    response.once("drain", () => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
