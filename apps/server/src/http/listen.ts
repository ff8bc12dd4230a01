import { readFile, writeFile } from "node:fs/promises";
import type net from "node:net";
import { HoldfastError, messageOf, systemCodeOf } from "@holdfast/base";
import type { ListenConfig } from "../config.ts";
import { serverErrors } from "../errors.ts";

const portsTriedMax = 50;

/**
 * Binds `server`. A port that somebody chose must be free; a default that is taken is avoided by the next free one.
 * @param setting named in the error, so that its reader knows what to change
 * @param before the port of the last start, which enrolled agents still dial
 * @returns the port
 * @throws PORT_TAKEN, LISTEN_FAILED
 */
export async function listen(
  server: net.Server,
  wanted: ListenConfig,
  setting: string,
  before?: number,
): Promise<number> {
  const first = wanted.portChosen ? wanted.port : (before ?? wanted.port);
  for (let port = first; ; port += 1) {
    try {
      return await bind(server, port, wanted.host);
    } catch (error) {
      const taken = systemCodeOf(error) === "EADDRINUSE";
      if (taken && !wanted.portChosen && port < Math.min(first + portsTriedMax, 65_535)) continue;
      if (!taken) {
        const message = `Cannot listen on ${wanted.host}:${port}: ${messageOf(error)}`;
        throw new HoldfastError(serverErrors.cannotListen, message, { cause: error });
      }
      const message = `Port ${port} on ${wanted.host} is taken; free it, or choose another with ${setting}.`;
      throw new HoldfastError(serverErrors.portTaken, message, { cause: error });
    }
  }
}

function bind(server: net.Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(error);
    server.once("error", onError);
    server.listen({ port, host, exclusive: true }, () => {
      server.removeListener("error", onError);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** The ports of the last start. Agents have the address they enrolled at in their files, so it is kept when it can be. */
export interface RememberedPorts {
  readonly console?: number;
  readonly agents?: number;
}

export async function readPorts(file: string): Promise<RememberedPorts> {
  try {
    const { console, agents } = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    const port = (value: unknown) => (Number.isInteger(value) ? (value as number) : undefined);
    const [consolePort, agentPort] = [port(console), port(agents)];
    return {
      ...(consolePort === undefined ? {} : { console: consolePort }),
      ...(agentPort === undefined ? {} : { agents: agentPort }),
    };
  } catch {
    return {}; // the first start, or a file cut off: the defaults will do
  }
}

export async function rememberPorts(file: string, ports: Required<RememberedPorts>): Promise<void> {
  await writeFile(file, `${JSON.stringify(ports)}\n`, { mode: 0o600 });
}
