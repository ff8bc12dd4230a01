import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf, toHex, type Log, type Random } from "@holdfast/base";
import type { RepositoryView } from "@holdfast/engine";
import { answerGet } from "./webdav-get.ts";
import { answerPropfind } from "./webdav-propfind.ts";
import { parseWebdavPath } from "./webdav-path.ts";

const loopback = "127.0.0.1";
const methods = "OPTIONS, GET, HEAD, PROPFIND";

/** A server that is listening. */
export interface WebdavServer {
  /** With the secret part; ends in a slash. */
  readonly url: string;
  /** Ends it, and every transfer that is under way. */
  close(): Promise<void>;
}

/**
 * Shows a repository by WebDAV, class 1 without its writing methods, to this machine alone: it listens on the loopback
 * address, takes no request that was made to another name (a web page whose name was bound anew could make those), and
 * answers only below a path that nobody can guess.
 * @see RFC 4918; docs/adr/0012
 */
export async function serveWebdav(view: RepositoryView, random: Random, log: Log): Promise<WebdavServer> {
  const secret = toHex(random.bytes(16));
  const server = createServer();
  server.listen(0, loopback);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const hosts = [`${loopback}:${port}`, `localhost:${port}`];
  server.on("request", (request, response) => {
    answer(view, secret, hosts, request, response).catch((error: unknown) => {
      log.warn("a request could not be answered", { reason: messageOf(error) });
      if (response.headersSent) response.destroy(); // a length was promised that is not kept
      else response.writeHead(500).end();
    });
  });
  return { url: `http://${loopback}:${port}/${secret}/`, close: () => close(server) };
}

async function answer(
  view: RepositoryView,
  secret: string,
  hosts: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.resume(); // what a client asks for by name changes nothing in the answer
  for (const [name, value] of Object.entries(guards)) response.setHeader(name, value);
  if (!hosts.includes(request.headers.host ?? "")) return finish(response, 403);
  const path = parseWebdavPath(request.url ?? "");
  const [first = Buffer.alloc(0), ...names] = path ?? [];
  if (path === undefined || !isSame(first.toString(), secret)) return finish(response, 404);
  switch (request.method ?? "") {
    case "OPTIONS":
      response.setHeader("DAV", "1").setHeader("MS-Author-Via", "DAV").setHeader("Allow", methods);
      return finish(response, 200);
    case "PROPFIND":
      return answerPropfind(view, secret, names, request, response);
    case "GET":
    case "HEAD":
      return answerGet(view, names, request, response);
    default:
      response.setHeader("Allow", methods);
      return finish(response, 405);
  }
}

/** What a browser that somebody opens a file in must know: it is a file of unknown origin and no page of ours. */
const guards = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "sandbox; default-src 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
};

function finish(response: ServerResponse, status: number): void {
  response.writeHead(status, { "Content-Length": 0 }).end();
}

/** Compares in the same time whatever is wrong. */
function isSame(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
