import { mkdir, readFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import path from "node:path";
import { onTestFinished } from "vitest";
import { enrolGateway, startAgent, startKeeper } from "@holdfast/agent";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { apiClient, type ApiClient, type CallInput } from "@holdfast/client";
import type { IdentityKind, Run, RunResult } from "@holdfast/contract";
import { startGateway } from "@holdfast/gateway";
import { startServer } from "@holdfast/server";
import { temporaryDirectory } from "@holdfast/testkit";

const context = { clock: systemClock, random: systemRandom, log: silentLog };
const over: readonly Run["state"][] = ["succeeded", "warning", "failed", "cancelled", "lost"];
const objectives = { rpoMinutes: 60, rtoMinutes: 30 };

export type ResultOf<Kind extends RunResult["kind"]> = Extract<RunResult, { kind: Kind }>;

export interface WholeInstallation {
  readonly root: string;
  readonly home: string;
  readonly client: ApiClient;
  readonly clientId: string;
  readonly deviceId: string;
  /** Where the gateway keeps the vault of this id. */
  repositoryFolder(vaultId: string): string;
  /** Where the keeper keeps its copy. */
  copyFolder(vaultId: string): string;
  /** Asks for a run and waits until it is over, however it ends. */
  run(body: CallInput<"createRun">["body"]): Promise<Run>;
  /** Waits until a run is over, however it ends. */
  ended(run: Run): Promise<Run>;
  /** A vault, and a plan for `paths` bound to it, made as a person would. */
  protect(...paths: string[]): Promise<{ vaultId: string; planId: string }>;
}

/** Every part, the real ones, in this process: server with its database, gateway, keeper and one agent. */
export async function wholeInstallation(): Promise<WholeInstallation> {
  const root = await temporaryDirectory();
  const home = path.join(root, "home");
  const place = path.join(root, "offsite");
  const repositories = path.join(root, "repositories");
  await mkdir(place);
  const gatewayPort = await freePort();
  const anyPort = { host: "127.0.0.1", port: 0, portChosen: true };
  const server = await startServer(
    {
      home,
      databaseUrl: undefined,
      console: { ...anyPort, names: [], tls: undefined, dir: root },
      agents: { ...anyPort, names: ["127.0.0.1"] },
      gatewayUrl: `https://127.0.0.1:${gatewayPort}`,
      copyPlaces: ["offsite"],
      logLevel: "error",
    },
    context,
  );
  onTestFinished(() => server.close());
  const client = apiClient({
    baseUrl: server.url,
    token: (await readFile(server.installationTokenFile, "utf8")).trim(),
  });
  const organisation = (parentId: string | null, kind: "provider" | "client", name: string) =>
    client.call("createOrganisation", { body: { parentId, kind, name } });
  const provider = await organisation(null, "provider", "Provider");
  const customer = await organisation(provider.organisationId, "client", "Client");
  const enrolment = async (kind: IdentityKind, organisationId: string) => {
    const body = { kind, organisationId, expiresInMinutes: 5, uses: 1 };
    const { token, serverUrl, caFingerprint } = await client.call("createEnrolmentToken", { body });
    return { token, serverUrl, caFingerprint, name: `the ${kind}` };
  };

  const files = await enrolGateway(home, await enrolment("gateway", provider.organisationId), systemClock);
  const [keyPem, certificatePem, caPem] = await Promise.all(
    [files.keyFile, files.certificateFile, files.caFile].map((file) => readFile(file, "utf8")),
  );
  const tls = { keyPem: keyPem!, certificatePem: certificatePem! };
  const gateway = await startGateway(
    {
      path: repositories,
      listen: { host: "127.0.0.1", port: gatewayPort },
      tls,
      access: { kind: "control-plane", serverUrl: server.agentUrl, caPem: caPem!, ...tls },
      logLevel: "error",
    },
    context,
  );
  onTestFinished(() => gateway.close());
  const parts = { home, logLevel: "silent" } as const;
  const ofProvider = await enrolment("keeper", provider.organisationId);
  const keeper = await startKeeper({ ...parts, enrolment: ofProvider, places: { offsite: place } }, context);
  onTestFinished(() => keeper.stop());
  const ofClient = await enrolment("device", customer.organisationId);
  const agent = await startAgent({ ...parts, enrolment: ofClient, allow: undefined }, context);
  onTestFinished(() => agent.stop());
  await Promise.all([keeper.ready, agent.ready]);

  const params = { deviceId: agent.identityId };
  const ended = async (run: Run): Promise<Run> => {
    for (let now = run; ; now = await client.call("getRun", { params: { runId: run.runId } })) {
      if (over.includes(now.state)) return now;
      await systemClock.sleep(50);
    }
  };
  const run = async (body: CallInput<"createRun">["body"]) => ended(await client.call("createRun", { params, body }));
  return {
    root,
    home,
    client,
    clientId: customer.organisationId,
    deviceId: agent.identityId,
    repositoryFolder: (vaultId) => path.join(repositories, vaultId),
    copyFolder: (vaultId) => path.join(place, vaultId),
    run,
    ended,
    async protect(...paths) {
      const { vault, run: preparing } = await client.call("createVault", { params, body: { name: "Files" } });
      await must(ended(preparing));
      await must(run({ kind: "assess", paths }));
      const proposal = await client.call("proposePlan", { params, body: { objectives, paths } });
      const plan = { name: "Plan", vaultId: vault.vaultId, proposal };
      const { planId } = await client.call("bindPlan", { params, body: plan });
      return { vaultId: vault.vaultId, planId };
    },
  };
}

/** The result of a run that is to have ended well. */
export async function must(running: Promise<Run>): Promise<RunResult> {
  const run = await running;
  if (run.state === "succeeded" && run.result !== null) return run.result;
  throw new Error(`The ${run.kind} run ended as ${run.state}: ${run.failure?.code} ${run.failure?.message}`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
