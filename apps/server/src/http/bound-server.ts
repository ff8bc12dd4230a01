import type http from "node:http";
import type https from "node:https";
import { secondMs, type Clock } from "@holdfast/base";

type Serve = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/**
 * A server that holds its port from the first moment, so that addresses are known before anything else is made.
 * Until somebody serves, and after `close` began, requests are answered 503.
 */
export interface BoundServer {
  readonly server: http.Server | https.Server;
  serveWith(serve: Serve): void;
  /** Aborted when `close` begins: streams that would go on for ever end now. */
  readonly closing: AbortSignal;
  /** Waits a moment for answers under way, then cuts what is left. */
  close(): Promise<void>;
}

const answersFinishMs = 3 * secondMs;
const lookEveryMs = 20;

export function boundServer(server: http.Server | https.Server, clock: Clock): BoundServer {
  const notNow: Serve = (_request, response) => {
    response.writeHead(503, { "retry-after": "1", connection: "close" }).end();
  };
  let serve = notNow;
  const closing = new AbortController();
  server.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => serve(request, response));
  return {
    server,
    serveWith: (wanted) => (serve = wanted),
    closing: closing.signal,
    async close() {
      serve = notNow;
      closing.abort();
      const closed = new AbortController();
      server.close(() => closed.abort());
      for (let waitedMs = 0; !closed.signal.aborted; waitedMs += lookEveryMs) {
        if (waitedMs < answersFinishMs) server.closeIdleConnections();
        else server.closeAllConnections();
        await clock.sleep(lookEveryMs);
      }
    },
  };
}
