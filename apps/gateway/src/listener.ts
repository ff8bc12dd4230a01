import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { isIP, isIPv6 } from "node:net";
import { HoldfastError, messageOf, minuteMs, secondMs, systemCodeOf, type Clock } from "@holdfast/base";
import { gatewayErrors } from "./errors.ts";

export interface ListenAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface TlsIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface Listener {
  readonly url: string;
  /** Takes no more connections, lets running requests end for up to 10 s, then cuts them. */
  close(): Promise<void>;
}

/** A connection on which nothing moves, in either direction. Long enough for a slow disk to sync a pack. */
const idleMs = 2 * minuteMs;
const closeMsMax = 10 * secondMs;

/**
 * Serves `handler` over HTTP/1.1, on TLS where there is a certificate.
 * Bodies may take as long as they need while they move; who never sends one, or never ends its headers, is cut off.
 *
 * @throws GATEWAY_PORT_TAKEN, GATEWAY_CANNOT_LISTEN, GATEWAY_BAD_CONFIG
 */
export async function listen(
  handler: RequestListener,
  address: ListenAddress,
  tls: TlsIdentity | undefined,
  clock: Clock,
): Promise<Listener> {
  const options = {
    headersTimeout: 20 * secondMs,
    requestTimeout: 0,
    keepAliveTimeout: 75 * secondMs,
    maxHeaderSize: 8 * 1024,
    noDelay: true,
  };
  const server = tls === undefined ? createHttpServer(options, handler) : tlsServer(options, handler, tls);
  server.setTimeout(idleMs);
  const port = await bind(server, address);
  const host = isIPv6(address.host) ? `[${address.host}]` : address.host;
  return {
    url: `${tls === undefined ? "http" : "https"}://${host}:${port}`,
    close: () => closeGently(server, clock),
  };
}

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function tlsServer(options: object, handler: RequestListener, tls: TlsIdentity): Server {
  try {
    return createHttpsServer(
      { ...options, cert: tls.certificatePem, key: tls.keyPem, minVersion: "TLSv1.2", handshakeTimeout: 20 * secondMs },
      handler,
    );
  } catch (error) {
    // OpenSSL's words about a key never contain it.
    throw new HoldfastError(
      gatewayErrors.badConfig,
      `The gateway's certificate or key cannot be used: ${messageOf(error)}`,
    );
  }
}

async function bind(server: Server, { host, port }: ListenAddress): Promise<number> {
  const bound = Promise.withResolvers<void>();
  server.once("error", bound.reject);
  server.listen({ host, port, exclusive: true }, bound.resolve);
  try {
    await bound.promise;
  } catch (error) {
    if (systemCodeOf(error) === "EADDRINUSE") {
      throw new HoldfastError(gatewayErrors.portTaken, `Port ${port} on ${host} is taken.`, { cause: error });
    }
    throw new HoldfastError(gatewayErrors.cannotListen, `Cannot listen on ${host}:${port}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  server.removeListener("error", bound.reject);
  const at = server.address();
  return typeof at === "object" && at !== null ? at.port : port;
}

async function closeGently(server: Server, clock: Clock): Promise<void> {
  const closed = new AbortController();
  server.close(() => closed.abort());
  // A kept connection turns idle when its request ends, and only then may be dropped.
  const startedAtMs = clock.monotonicMs();
  while (!closed.signal.aborted && clock.monotonicMs() - startedAtMs < closeMsMax) {
    server.closeIdleConnections();
    await clock.sleep(50, closed.signal).catch(() => {});
  }
  server.closeAllConnections();
}
