/**
 * The architecture, as rules that a test checks (layers.test.ts). Each says why it is there, and the check prints that.
 * @see docs/adr/0002-server-never-imports-engine.md
 */

export interface Layer {
  /** Its folder, from the root. */
  readonly folder: string;
  /** The packages of ours that it may import. */
  readonly may: readonly string[];
  /** What its tests may import besides, to meet it as others do. */
  readonly testsMay?: readonly string[];
  /** Parts of it that may be imported without the rest, as `@holdfast/engine/files`: its `src/doors`. */
  readonly doors?: readonly string[];
  readonly because: string;
}

/** Who may import whom, by the name after `@holdfast/`. */
export const layers = {
  base: {
    folder: "packages/base",
    may: [],
    because: "everything stands on it, in the browser too",
  },
  domain: {
    folder: "packages/domain",
    may: ["base"],
    because: "the same rules run in the server, the agent, the console and the tests, so they do no input or output",
  },
  contract: {
    folder: "packages/contract",
    may: ["base", "domain"],
    because: "it is what two programs agree on, and neither may be inside it",
  },
  client: {
    folder: "packages/client",
    may: ["base", "contract"],
    because: "it says what the contract says and decides nothing",
  },
  storage: {
    folder: "packages/storage",
    may: ["base"],
    because: "it moves named bytes and does not know what they mean",
  },
  engine: {
    folder: "packages/engine",
    may: ["base", "storage"],
    doors: ["backup", "check", "files", "repository", "restore", "upkeep"],
    because: "a repository opens with nothing of Holdfast running",
  },
  sources: {
    folder: "packages/sources",
    may: ["base", "engine"],
    because: "what is backed up is independent of who asked for it",
  },
  testkit: {
    folder: "packages/testkit",
    may: ["base", "domain", "contract", "client", "storage", "engine", "sources"],
    because: "it serves the tests of every package",
  },
  server: {
    folder: "apps/server",
    may: ["base", "domain", "contract"],
    testsMay: ["client"],
    because: "the control plane never holds backup bytes or keys (docs/adr/0002)",
  },
  gateway: {
    folder: "apps/gateway",
    may: ["base", "contract", "client", "storage"],
    because: "it passes encrypted files on and cannot open them",
  },
  agent: {
    folder: "apps/agent",
    may: ["base", "domain", "contract", "client", "storage", "engine", "sources"],
    because: "it reaches the server and the gateway by the network alone",
  },
  console: {
    folder: "apps/console",
    may: ["base", "domain", "contract", "client"],
    because: "it is a client of the API like any other",
  },
  cli: {
    folder: "apps/cli",
    may: ["base", "domain", "contract", "client", "storage", "engine", "sources", "server", "gateway", "agent"],
    because: "it starts every part but the console, which the server serves",
  },
} as const satisfies Record<string, Layer>;

/** For tests only: may be imported by `*.test.ts` and `testing/` and by nothing that ships. */
export const testOnly = { name: "testkit", because: "what ships does not depend on what tests it" };

interface PrivateRoom {
  readonly of: keyof typeof layers;
  /** Folders below the package's `src`. */
  readonly rooms: readonly string[];
  readonly openTo: readonly string[];
  readonly because: string;
}

/** Rooms of a package that only some of its other rooms may enter. */
export const privateRooms: readonly PrivateRoom[] = [
  {
    of: "engine",
    rooms: ["index", "crypto"],
    openTo: ["repository", "pack", "index", "crypto", "cache", "doors", "index.ts"],
    because: "backup, restore, check and copy go through the repository, which keeps what these promise together",
  },
  {
    of: "engine",
    rooms: ["pack"],
    openTo: ["repository", "pack", "index", "crypto", "doors", "index.ts", "check", "prune", "repair"],
    because: "packs are written and read by the repository; only check, prune and repair hold them against their index",
  },
];

interface OwnedModule {
  readonly modules: readonly string[];
  readonly within: keyof typeof layers;
  readonly rooms: readonly string[];
  readonly because: string;
}

/** Libraries that some rooms of a package have for themselves. */
export const ownedModules: readonly OwnedModule[] = [
  {
    modules: ["kysely", "pg"],
    within: "server",
    rooms: ["store", "sign-in"],
    because:
      "all SQL is in store/, bound to what its caller may touch; only the sign-in library has a schema of its own",
  },
];

interface OwnedGlobal {
  readonly expressions: readonly string[];
  /** Files that may use them, as patterns from the root. */
  readonly openTo: readonly RegExp[];
  readonly because: string;
}

/** What the program reads from its surroundings, and where alone it may. */
export const ownedGlobals: readonly OwnedGlobal[] = [
  {
    expressions: ["process.env"],
    openTo: [
      /\/src\/config\.ts$/,
      /^apps\/cli\/src\/main\.ts$/, // hands it to the command line's own configuration
      /^apps\/cli\/src\/holdfast\.js$/, // before any module of ours is there
      /^packages\/engine\/src\/tree\/time-zone\.ts$/, // TZ is the system's time zone, not a setting of ours
    ],
    because: "a setting that is read in one place is named, checked and documented there",
  },
  {
    expressions: ["Date.now", "new Date()", "performance.now", "Math.random", "crypto.randomUUID", "Temporal.Now"],
    openTo: [/^packages\/base\//],
    because: "time and chance are handed in as Clock and Random, so that tests own them",
  },
];
