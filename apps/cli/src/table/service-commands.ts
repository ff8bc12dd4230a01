import { command } from "../command.ts";
import { choice, repeated, single, toggle, under } from "../flag.ts";
import { outputFlags } from "./repository-flags.ts";

const homeFlag = single("--home <folder>", "where everything is kept (HOLDFAST_HOME; default: ~/.holdfast)");
const jsonFlag = { json: outputFlags.json };

/** Flags of every part that runs until it is stopped. */
const partFlags = under("Running", {
  home: homeFlag,
  logLevel: choice(
    "--log-level <level>",
    ["debug", "info", "warn", "error"],
    "how much is logged (HOLDFAST_LOG_LEVEL)",
  ),
  untilStdinEnds: toggle(
    "--until-stdin-ends",
    "also stop when standard input closes; for whoever starts it as a child",
  ),
  ...jsonFlag,
});

/** How a part becomes known to its installation. The token is a secret, so it is never an argument. */
const enrolmentFlags = under("Enrolment", {
  server: single("--server <url>", "the server's agents' address, https://… (HOLDFAST_SERVER_URL)"),
  tokenFile: single(
    "--token-file <file>",
    "the one-time enrolment token in a file (or itself in HOLDFAST_ENROLMENT_TOKEN)",
  ),
  tokenStdin: toggle("--token-stdin", "read the token from standard input"),
  caFingerprint: single(
    "--ca-fingerprint <sha256>",
    "the authority that must be found there, as the console shows it (HOLDFAST_CA_FINGERPRINT)",
  ),
  name: single("--name <name>", "what people call this machine (HOLDFAST_NAME; default: its host name)"),
});

export const upFlags = {
  path: single("--path <folder>", "what to protect, relative to where you are (default: the checkout itself)"),
  once: toggle("--once", "end after the summary, with one JSON object as the last line"),
  home: single("--home <folder>", "where everything is kept (HOLDFAST_HOME; default: .holdfast in the checkout)"),
  json: outputFlags.json,
  quiet: outputFlags.quiet,
};

export const serverFlags = {
  consolePort: single("--console-port <port>", "of the console and the API, on 127.0.0.1 (HOLDFAST_CONSOLE_PORT)"),
  agentPort: single("--agent-port <port>", "that agents, keepers and gateways dial (HOLDFAST_AGENT_PORT)"),
  gatewayUrl: single("--gateway-url <url>", "where devices reach the gateway (HOLDFAST_GATEWAY_URL)"),
  ...partFlags,
};

export const gatewayFlags = {
  path: single("--path <folder>", "the folder that holds the repositories (HOLDFAST_GATEWAY_PATH)"),
  listen: single("--listen <address>", "host:port to listen on (HOLDFAST_GATEWAY_LISTEN)"),
  ...enrolmentFlags,
  ...partFlags,
};

export const agentFlags = {
  allow: repeated("--allow <path>", "what may be read, with what is below; repeatable (HOLDFAST_ALLOW; default: all)"),
  ...enrolmentFlags,
  ...partFlags,
};

export const keeperFlags = {
  place: repeated("--place <name=folder>", "a place for copies; repeatable (HOLDFAST_PLACES)"),
  ...enrolmentFlags,
  ...partFlags,
};

export const enrolFlags = { home: homeFlag, ...enrolmentFlags, ...jsonFlag };

export const signInLinkFlags = {
  home: single("--home <folder>", "the installation's folder (HOLDFAST_HOME; default: ~/.holdfast)"),
  email: single("--email <address>", "who is to sign in (default: the installation's first administrator)"),
  ...jsonFlag,
};

export const serviceCommands = [
  command({
    name: "up",
    group: "Service",
    summary: "run everything on this machine and protect a folder",
    about:
      "Starts the server, the gateway, a keeper and an agent on this machine, protects a folder, proves it by restoring it, and says where everything is. Runs until Ctrl-C. A second start continues where the first left off. `npm start` is this.",
    flags: upFlags,
    examples: [
      { line: "npm start", does: "protects the checkout itself" },
      { line: "npm start -- --path ~/documents", does: "protects a folder of yours" },
      { line: "npm start -- --once --path ~/documents", does: "does it all once and ends" },
    ],
    load: () => import("../commands/up.ts"),
  }),
  command({
    name: "admin sign-in-link",
    group: "Service",
    summary: "make a one-time link to sign in to the console",
    about:
      "Makes a link that signs one browser in, once. It needs no password: whoever may read the installation's folder on the server's machine may do this.",
    flags: signInLinkFlags,
    examples: [{ line: "holdfast admin sign-in-link --home /var/lib/holdfast", does: "prints the address to open" }],
    load: () => import("../commands/sign-in-link.ts"),
  }),
  command({
    name: "server",
    group: "Parts",
    summary: "run the control plane: API, console, schedules, agents' channel",
    about:
      "Runs the control plane. It keeps its state in a PostgreSQL of its own below the home, or in the one that DATABASE_URL names. It never holds backup data or keys. Prints one JSON line when it is ready.",
    flags: serverFlags,
    examples: [
      {
        line: "holdfast server --home /var/lib/holdfast --gateway-url https://backup.example:8602",
        does: "with its own database",
      },
    ],
    load: () => import("../commands/server.ts"),
  }),
  command({
    name: "gateway",
    group: "Parts",
    summary: "run the gateway that devices store their repositories through",
    about:
      "Runs restic's REST protocol over TLS in front of a folder. Devices' tokens can add and read, and never delete. Prints one JSON line when it is ready.",
    flags: gatewayFlags,
    examples: [
      { line: "holdfast gateway --path /srv/repositories --listen 0.0.0.0:8602", does: "reachable from everywhere" },
    ],
    load: () => import("../commands/gateway.ts"),
  }),
  command({
    name: "agent",
    group: "Parts",
    summary: "run the agent of this device",
    about:
      "Runs the agent: it dials the server, assesses, backs up and reports. It accepts no connections and reads nothing that --allow does not name. Prints one JSON line when it is connected. It enrols by itself when it gets a token; `holdfast agent enrol` does only that.",
    flags: agentFlags,
    examples: [
      { line: "holdfast agent --home /var/lib/holdfast --allow /home --allow /etc", does: "an enrolled device" },
    ],
    load: () => import("../commands/agent.ts"),
  }),
  command({
    name: "agent enrol",
    group: "Parts",
    summary: "make this device known to an installation",
    about:
      "Makes a key on this machine and gets a certificate for it with a one-time token from the console. The authority found at the address must have the given fingerprint. On a machine that is enrolled already, nothing is sent.",
    flags: enrolFlags,
    examples: [
      {
        line: "holdfast agent enrol --server https://backup.example:8601 --token-file token --ca-fingerprint 3f2a…",
        does: "with the values that the console shows",
      },
    ],
    load: () => import("../commands/enrol.ts"),
  }),
  command({
    name: "keeper",
    group: "Parts",
    summary: "run a keeper: copies, drills, and reading for people who may",
    about:
      "Runs a keeper on the provider's side. It holds the key that vault passwords are sealed to, keeps copies, restores to prove, and signs certificates. Clients cannot reach it. Prints one JSON line when it is connected.",
    flags: keeperFlags,
    examples: [
      {
        line: "holdfast keeper --home /var/lib/holdfast --place offsite=/mnt/offsite",
        does: "with one place for copies",
      },
    ],
    load: () => import("../commands/keeper.ts"),
  }),
];
