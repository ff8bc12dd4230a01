import { join } from "node:path";
import { HoldfastError, type Clock } from "@holdfast/base";
import type { ApiClient } from "@holdfast/client";
import type { IdentityKind } from "@holdfast/contract";
import { gatewayErrors } from "@holdfast/gateway";
import { installationClient } from "../installation.ts";
import { upErrors } from "./errors.ts";
import { freePort } from "./free-port.ts";
import type { Home } from "./home.ts";
import { ensureOrganisations, type Organisations } from "./organisations.ts";
import { Part } from "./part.ts";
import type { Steps } from "./steps.ts";

export interface ServiceOptions {
  readonly home: Home;
  /** The command line's own entry, which each part is a command of. */
  readonly cliFile: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly names: { readonly provider: string; readonly client: string; readonly machine: string };
  readonly clock: Clock;
  readonly steps: Steps;
}

const gatewayPort = 8602;
const tokenMinutes = 15;
const startsMax = 3;

/** All parts of Holdfast on this machine, each a process of its own. */
export class Service {
  readonly #options: ServiceOptions;
  readonly #parts: Part[] = [];
  readonly #failed = new AbortController();
  #stopping = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Aborted, with what is known about it, when a part ends that nobody asked to. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /**
   * Starts the parts in the order in which they need one another. What was started before a failure is still there to
   * be stopped.
   */
  async start(signal: AbortSignal): Promise<Started> {
    for (let left = startsMax; ; left -= 1) {
      try {
        return await this.#startParts(signal);
      } catch (error) {
        // The server is told the gateway's address before the gateway can take it.
        const isPortLost = error instanceof HoldfastError && error.code === gatewayErrors.portTaken.code;
        if (!isPortLost || left === 1) throw error;
        this.#options.steps.say("  Another program was faster at the gateway's port; starting over");
        await this.stop();
        this.#stopping = false;
      }
    }
  }

  async #startParts(signal: AbortSignal): Promise<Started> {
    const { home, steps, names } = this.#options;
    const port = await freePort(gatewayPort);
    const gatewayUrl = `https://127.0.0.1:${port}`;
    const server = await steps.step(
      "Starting the server and its database",
      () => this.#startPart("server", ["--gateway-url", gatewayUrl], {}, signal),
      ({ ready }) => `Server: console at ${textOf(ready, "url")}`,
    );
    const consoleUrl = textOf(server.ready, "url");
    const apiClient = await installationClient(home.folder, consoleUrl);
    const organisations = await steps.step(
      "Making the provider and a sample client",
      () => ensureOrganisations(apiClient, names, signal),
      ({ provider, client }) => `Provider "${provider.name}" with the client "${client.name}"`,
    );
    const enrolled = (kind: IdentityKind) => this.#enrolment(apiClient, organisations, kind, signal);
    await steps.step(
      "Starting the gateway",
      async () =>
        this.#startPart(
          "gateway",
          ["--listen", `127.0.0.1:${port}`, "--path", home.repositories],
          await enrolled("gateway"),
          signal,
        ),
      () => `Gateway: ${gatewayUrl}; a device's token can add and read, never delete`,
    );
    await steps.step(
      "Starting the keeper",
      async () => this.#startPart("keeper", ["--place", `offsite=${home.offsite}`], await enrolled("keeper"), signal),
      () => "Keeper: holds the recovery key, keeps copies and performs drills",
    );
    const agent = await steps.step(
      "Starting the agent",
      async () => this.#startPart("agent", [], await enrolled("device"), signal),
      () => `Agent: this machine is enrolled as "${names.machine}"`,
    );
    return { apiClient, consoleUrl, deviceId: textOf(agent.ready, "identityId") };
  }

  /** Ends the parts, last started first, so that none misses one that it needs. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const part of this.#parts.toReversed()) await part.stop();
    this.#parts.length = 0;
  }

  async #startPart(
    name: string,
    words: readonly string[],
    secrets: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) {
    const { home, cliFile, variables, clock } = this.#options;
    const part = await Part.start(
      {
        name,
        words: [cliFile, name, "--home", home.folder, "--until-stdin-ends", "--json", ...words],
        variables: { ...variables, ...secrets },
        logFile: join(home.logs, `${name}.log`),
        clock,
      },
      signal,
    );
    this.#parts.push(part);
    void part.ended.then((how) => {
      if (!this.#stopping) this.#failed.abort(part.failure(how));
    });
    return part;
  }

  /** A token to enrol with, used up by the first that comes. A part that is enrolled already leaves it unused. */
  async #enrolment(
    apiClient: ApiClient,
    { provider, client }: Organisations,
    kind: IdentityKind,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    const { organisationId } = kind === "device" ? client : provider;
    const body = { kind, organisationId, expiresInMinutes: tokenMinutes, uses: 1 };
    const made = await apiClient.call("createEnrolmentToken", { body }, signal);
    return {
      HOLDFAST_ENROLMENT_TOKEN: made.token,
      HOLDFAST_SERVER_URL: made.serverUrl,
      HOLDFAST_CA_FINGERPRINT: made.caFingerprint,
      HOLDFAST_NAME: this.#options.names.machine,
    };
  }
}

/** What is needed to use the service. */
export interface Started {
  readonly apiClient: ApiClient;
  readonly consoleUrl: string;
  /** This machine, as the server knows it. */
  readonly deviceId: string;
}

function textOf(message: Readonly<Record<string, unknown>>, field: string): string {
  const value = message[field];
  if (typeof value === "string") return value;
  throw new HoldfastError(upErrors.partFailed, `A part became ready without saying its ${field}.`);
}
