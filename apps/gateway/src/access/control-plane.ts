import { Agent, request as httpsRequest } from "node:https";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { HoldfastError, KiB, secondMs } from "@holdfast/base";
import { agentPaths, gatewayGrant, type GatewayGrant, type GatewayGrantRequest } from "@holdfast/contract";
import { gatewayErrors } from "../errors.ts";

/** How the gateway reaches the server's listener for agents, and proves itself there. PEM texts. */
export interface ControlPlaneAccess {
  /** `https://host:port` */
  readonly serverUrl: string;
  /** The installation's own authority; no other is trusted. */
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface ControlPlane {
  /** Undefined where the token opens nothing. @throws GATEWAY_GRANTS_AWAY */
  grantOf(question: GatewayGrantRequest): Promise<GatewayGrant | undefined>;
  close(): void;
}

const answerMsMax = 5 * secondMs;
const answerBytesMax = 16 * KiB;

/** The control plane, asked over mutual TLS on kept connections. */
export function controlPlane(access: ControlPlaneAccess): ControlPlane {
  const agent = new Agent({
    keepAlive: true,
    ca: access.caPem,
    cert: access.certificatePem,
    key: access.keyPem,
    minVersion: "TLSv1.3",
    rejectUnauthorized: true,
  });
  const url = new URL(agentPaths.gatewayGrants, access.serverUrl);
  return {
    async grantOf(question) {
      try {
        const { status, text } = await post(agent, url, JSON.stringify(question));
        if (status === 404) return undefined;
        if (status !== 200) throw new Error(`the server answers ${status}`);
        return gatewayGrant.parse(JSON.parse(text));
      } catch (cause) {
        throw new HoldfastError(
          gatewayErrors.grantsAway,
          `The control plane at ${url.origin} gives no usable answer.`,
          {
            cause,
          },
        );
      }
    },
    close: () => agent.destroy(),
  };
}

async function post(agent: Agent, url: URL, body: string): Promise<{ status: number; text: string }> {
  const signal = AbortSignal.timeout(answerMsMax);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const request = httpsRequest(url, { method: "POST", agent, headers, signal });
  request.on("error", () => {}); // Heard below; one that comes after the answer changes nothing.
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let text = "";
  for await (const piece of response.setEncoding("utf8") as AsyncIterable<string>) {
    text += piece;
    if (text.length > answerBytesMax) throw new Error("the server's answer is too long");
  }
  return { status: response.statusCode ?? 0, text };
}
