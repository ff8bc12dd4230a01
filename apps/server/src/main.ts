import { readFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { HoldfastError, messageOf, systemClock, systemRandom, type Clock, type Log, type Random } from "@holdfast/base";
import { RelayDesk } from "./app/relay.ts";
import type { Services } from "./app/services.ts";
import { recordSignIn } from "./app/session.ts";
import { Switchboard } from "./channel/switchboard.ts";
import { refuseUnsafeConsole, type ServerConfig } from "./config.ts";
import { openEmbeddedPostgres } from "./database/embedded-postgres.ts";
import { serverErrors } from "./errors.ts";
import { openServerHome } from "./home/server-home.ts";
import { agentApp } from "./http/agent-app.ts";
import { boundServer } from "./http/bound-server.ts";
import { consoleApp } from "./http/console-app.ts";
import { listen, readPorts, rememberPorts } from "./http/listen.ts";
import { jsonLog } from "./log.ts";
import { openAuthority, type IssuedCertificate } from "./pki/authority.ts";
import { openSignIn } from "./sign-in/sign-in.ts";
import { openChangeFeed } from "./store/changes.ts";
import type { DatabaseConnection } from "./store/pool.ts";
import { openStore } from "./store/store.ts";
import { allTasks } from "./tasks/all-tasks.ts";
import { runTasks } from "./tasks/run-tasks.ts";

export interface RunningServer {
  /** Where browsers and the command line on this machine reach it. */
  readonly url: string;
  /** Where agents, keepers and gateways reach it. */
  readonly agentUrl: string;
  /** The file that holds the installation's bearer token. */
  readonly installationTokenFile: string;
  /** SHA-256 of the authority's certificate, hex. */
  readonly caFingerprint: string;
  /** Lets what is under way come to an end, then stops everything, the database last. */
  close(): Promise<void>;
}

/**
 * Starts the control plane and returns when it serves. What fails on the way is taken down again.
 * @throws PORT_TAKEN, LISTEN_FAILED, LISTEN_UNSAFE, DATABASE_AWAY and the other entries of errors.ts and database/errors.ts
 */
export async function startServer(
  config: ServerConfig,
  means: { readonly clock?: Clock; readonly random?: Random; readonly log?: Log } = {},
): Promise<RunningServer> {
  refuseUnsafeConsole(config);
  const { clock = systemClock, random = systemRandom, log = jsonLog(config.logLevel) } = means;
  const undo = new AsyncDisposableStack();
  try {
    const home = await openServerHome(config.home);
    const authority = await openAuthority(home.caDir, clock);
    const agentNames = [...new Set([...config.agents.names, config.agents.host])].filter((name) => !isAnyAddress(name));
    const own = () => authority.issueServerCertificate(agentNames);

    const ports = await readPorts(home.portsFile);
    const consoleBound = boundServer(await consoleServer(config), clock);
    undo.defer(() => consoleBound.close());
    const consolePort = await listen(consoleBound.server, config.console, "HOLDFAST_CONSOLE_PORT", ports.console);
    const agentServer = https.createServer({ ...agentTls(authority.caPem, await own()), requestTimeout: 0 }); // relays last
    const agentBound = boundServer(agentServer, clock);
    undo.defer(() => agentBound.close());
    const agentPort = await listen(agentServer, config.agents, "HOLDFAST_AGENT_PORT", ports.agents);

    const connection = await databaseConnection(config, home.databaseDir, { clock, log }, undo);
    // Not before: a server that is refused the database has no business with the ports of the one that holds it.
    await rememberPorts(home.portsFile, { console: consolePort, agents: agentPort });
    const store = await openStore({ connection, clock, log });
    undo.defer(() => store.close());
    const feed = await openChangeFeed({ connection, clock, log });
    undo.defer(() => feed.close());
    const { url, origins } = consoleAddresses(config, consolePort);
    const onSession = (user: { userId: string; email: string }) => recordSignIn(store, user);
    const signIn = await openSignIn({ connection, secret: home.sessionSecret, origins, onSession, clock, log });
    undo.defer(() => signIn.close());

    const services: Services = {
      store,
      authority,
      clock,
      random,
      log,
      agentUrl: `https://${hostInUrl(agentNames[0] ?? "127.0.0.1")}:${agentPort}`,
      gatewayUrl: config.gatewayUrl,
      gatewayNames: [...new Set([...config.agents.names, new URL(config.gatewayUrl).hostname.replace(/^\[|\]$/g, "")])],
      copyPlaces: config.copyPlaces,
    };
    const switchboard = new Switchboard(services);
    const relay = new RelayDesk(services, switchboard);
    undo.defer(() => switchboard.close());
    undo.defer(feed.subscribe((change) => switchboard.changed(change)));
    await agentApp(agentBound, services, relay);
    switchboard.listenOn(agentServer);
    const { installationToken } = home;
    const tls = config.console.tls !== undefined;
    const consoleDir = config.console.dir;
    await consoleApp(consoleBound, { services, signIn, relay, feed, installationToken, origins, consoleDir, tls });

    const stopTasks = runTasks(
      allTasks(services, {
        offerAll: () => switchboard.offerAll(),
        renewCertificate: async () => agentServer.setSecureContext(agentTls(authority.caPem, await own())),
      }),
      clock,
      log,
    );

    const running = undo.move();
    const { agentUrl } = services;
    log.info("the server serves", { url, agentUrl });
    return {
      url,
      agentUrl,
      installationTokenFile: home.installationTokenFile,
      caFingerprint: authority.fingerprint,
      async close() {
        await Promise.all([stopTasks(), switchboard.close(), consoleBound.close(), agentBound.close()]);
        await running.disposeAsync();
      },
    };
  } catch (error) {
    await undo.disposeAsync();
    throw error;
  }
}

async function consoleServer(config: ServerConfig): Promise<http.Server | https.Server> {
  const { tls } = config.console;
  if (tls === undefined) return http.createServer();
  try {
    return https.createServer({ cert: await readFile(tls.certFile), key: await readFile(tls.keyFile) });
  } catch (error) {
    const message = `The console's certificate or key cannot be used: ${messageOf(error)}`;
    throw new HoldfastError(serverErrors.badConfig, message, { cause: error });
  }
}

/** A client certificate is asked for and not forced, because enrolment comes without one; all else checks it. */
function agentTls(caPem: string, own: IssuedCertificate & { keyPem: string }): https.ServerOptions {
  return {
    cert: own.certificatePem + caPem,
    key: own.keyPem,
    ca: caPem,
    minVersion: "TLSv1.3",
    requestCert: true,
    rejectUnauthorized: false,
  };
}

async function databaseConnection(
  config: ServerConfig,
  dir: string,
  means: { clock: Clock; log: Log },
  undo: AsyncDisposableStack,
): Promise<DatabaseConnection> {
  if (config.databaseUrl !== undefined) return { connectionString: config.databaseUrl };
  const postgres = await openEmbeddedPostgres({ dir, ...means });
  undo.defer(() => postgres.close());
  return postgres.connection;
}

/** Where the console is reached on this machine, and all its addresses as browsers write them, the one for links first. */
function consoleAddresses(config: ServerConfig, port: number): { url: string; origins: [string, ...string[]] } {
  const { host, names, tls } = config.console;
  const scheme = tls === undefined ? "http" : "https";
  const origin = (name: string) =>
    new URL(name.includes("://") ? name : `${scheme}://${hostInUrl(name)}:${port}`).origin;
  const url = origin(isAnyAddress(host) ? "127.0.0.1" : host);
  const others = ["127.0.0.1", "localhost", "::1"].map(origin).filter((each) => each !== url);
  const [first = url, ...rest] = [...names.map(origin), url, ...others];
  return { url, origins: [first, ...rest] };
}

function isAnyAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function hostInUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
