import { createServer } from "node:net";
import { HoldfastError } from "@holdfast/base";
import { upErrors } from "./errors.ts";

/** The ports of one installation, all on loopback. */
export interface Ports {
  /** Console and API. */
  readonly console: number;
  /** Where agents, keepers and gateways dial in. */
  readonly channel: number;
  readonly gateway: number;
}

/** Unassigned at IANA, and below the range that systems take outgoing ports from. */
export const preferredPorts: Ports = { console: 8600, channel: 8601, gateway: 8602 };

/**
 * Ports for this start. An installation keeps the ones it has, since agents were told of them: only the console's, which
 * nobody but a browser knows, is exchanged when another program took it.
 * @throws UP_PORT_TAKEN naming the port
 */
export async function choosePorts(kept: Ports | undefined): Promise<Ports> {
  if (kept === undefined) {
    const taken = new Set<number>();
    const choose = async (preferred: number) => {
      const port = await freePort(preferred, taken);
      taken.add(port);
      return port;
    };
    return {
      console: await choose(preferredPorts.console),
      channel: await choose(preferredPorts.channel),
      gateway: await choose(preferredPorts.gateway),
    };
  }
  for (const [who, port] of [["agents", kept.channel] as const, ["the gateway", kept.gateway] as const]) {
    if (!(await isFree(port))) {
      throw new HoldfastError(
        upErrors.portTaken,
        `Another program listens on port ${port}, which ${who} of this installation use.`,
      );
    }
  }
  return { ...kept, console: await freePort(kept.console, new Set([kept.channel, kept.gateway])) };
}

/** `preferred`, or one that the system gives. */
async function freePort(preferred: number, taken: ReadonlySet<number>): Promise<number> {
  if (!taken.has(preferred) && (await isFree(preferred))) return preferred;
  for (;;) {
    const port = await listenOnce(0);
    if (port !== undefined && !taken.has(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

/** Listens for a moment: the port it got, or undefined when it could not. */
function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      const got = typeof address === "object" && address !== null ? address.port : undefined;
      server.close(() => resolve(got));
    });
  });
}
