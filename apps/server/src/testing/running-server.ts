import https from "node:https";
import { readFile } from "node:fs/promises";
import { silentLog, systemClock, type Clock, type Log } from "@holdfast/base";
import { apiClient, type ApiClient } from "@holdfast/client";
import { agentPaths, enrolled, type IdentityKind } from "@holdfast/contract";
import { temporaryDirectory } from "@holdfast/testkit";
import { onTestFinished } from "vitest";
import { readServerConfig, type ServerConfig } from "../config.ts";
import { startServer, type RunningServer } from "../main.ts";
import { testDatabase, type TestDatabase } from "./database.ts";
import { newKeeperKeys, newRequest } from "./parties.ts";

export interface TestServer extends RunningServer {
  readonly home: string;
  readonly database: TestDatabase;
  readonly caPem: string;
  readonly token: string;
  /** The API as the installation may use it. */
  readonly api: ApiClient;
}

/** A whole server on free ports and a fresh database, stopped when the test ends. */
export async function testServer(
  options: { clock?: Clock; log?: Log; config?: (config: ServerConfig) => ServerConfig } = {},
): Promise<TestServer> {
  const database = await testDatabase();
  const home = await temporaryDirectory();
  const means = { clock: options.clock ?? systemClock, log: options.log ?? silentLog };
  const plain = testConfig(home, database.url);
  const server = await startServer(options.config?.(plain) ?? plain, means);
  onTestFinished(() => server.close());
  const token = (await readFile(server.installationTokenFile, "utf8")).trim();
  const caPem = await readFile(`${home}/server/ca/ca.pem`, "utf8");
  return { ...server, home, database, caPem, token, api: apiClient({ baseUrl: server.url, token }) };
}

export function testConfig(home: string, databaseUrl: string): ServerConfig {
  return readServerConfig({ DATABASE_URL: databaseUrl }, { home, consolePort: 0, agentPort: 0 });
}

/** What a part has after it enrolled: who it is, and how it proves that. */
export interface TestPart {
  readonly identityId: string;
  readonly kind: IdentityKind;
  readonly name: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly keeperSigningKey: ReturnType<typeof newKeeperKeys>["signing"] | undefined;
}

/** Enrols over TLS as a part would. */
export async function enrolOver(
  server: Pick<TestServer, "agentUrl" | "caPem" | "api">,
  kind: IdentityKind,
  organisationId: string,
  name: string,
): Promise<TestPart> {
  const { token } = await server.api.call("createEnrolmentToken", {
    body: { kind, organisationId, expiresInMinutes: 10, uses: 1 },
  });
  const { certificateRequestPem, keyPem } = await newRequest();
  const keys = kind === "keeper" ? newKeeperKeys() : undefined;
  const asked = { token, kind, name, certificateRequestPem, keeperKeys: keys?.keeperKeys };
  const { status, body } = await agentCall(server, agentPaths.enrolment, JSON.stringify(asked));
  if (status !== 200) throw new Error(`the enrolment was answered ${status}: ${body}`);
  const { identityId, certificatePem } = enrolled.parse(JSON.parse(body));
  const tls = { ca: server.caPem, cert: certificatePem, key: keyPem };
  return { identityId, kind, name, tls, keeperSigningKey: keys?.signing };
}

/** A POST to the agents' listener, with or without a client certificate. */
export function agentCall(
  server: { readonly agentUrl: string; readonly caPem: string },
  path: string,
  body: string | AsyncIterable<Uint8Array>,
  part?: TestPart,
): Promise<{ status: number; body: string }> {
  const contentType = typeof body === "string" ? "application/json" : "application/octet-stream";
  return new Promise((resolve, reject) => {
    const request = https.request(new URL(path, server.agentUrl), {
      method: "POST",
      agent: false,
      ca: server.caPem,
      ...part?.tls,
      headers: { "content-type": contentType },
    });
    request.on("error", reject);
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => (text += piece));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    if (typeof body === "string") request.end(body);
    else {
      (async () => {
        for await (const piece of body) {
          if (!request.write(piece)) await new Promise((resume) => request.once("drain", resume));
        }
        request.end();
      })().catch(() => request.destroy());
    }
  });
}

/** The provider, a client, a device and a keeper, all enrolled over the network. */
export async function installedHouse(server: TestServer) {
  const provider = await server.api.call("createOrganisation", {
    body: { kind: "provider", name: "Provider", parentId: null },
  });
  const client = await server.api.call("createOrganisation", {
    body: { kind: "client", name: "Client", parentId: provider.organisationId },
  });
  const keeper = await enrolOver(server, "keeper", provider.organisationId, "keeper-1");
  const device = await enrolOver(server, "device", client.organisationId, "web-1");
  return { provider, client, keeper, device };
}
