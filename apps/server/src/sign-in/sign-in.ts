import { AsyncLocalStorage } from "node:async_hooks";
import { HoldfastError, assert, minuteMs, messageOf, type Clock, type Log } from "@holdfast/base";
import { betterAuth, type BetterAuthOptions } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { magicLink } from "better-auth/plugins/magic-link";
import type { Pool } from "pg";
import { serverErrors } from "../errors.ts";
import { openPool, type DatabaseConnection } from "../store/pool.ts";

/** Who a session cookie belongs to. */
export interface SignedIn {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  readonly sessionId: string;
  readonly beganAtMs: number;
}

/** Users and their sessions. What a user may do is not decided here: see authz/. */
export interface SignIn {
  /** Answers what http/sign-in-routes.ts lets through. */
  handle(request: Request): Promise<Response>;
  sessionOf(headers: Headers): Promise<SignedIn | undefined>;
  /** The user of this address, made when there is none. */
  ensureUser(email: string): Promise<string>;
  /** A token that signs this user in once. It is returned here and kept as a hash only. */
  newLinkToken(email: string): Promise<{ readonly token: string; readonly expiresAtMs: number }>;
  hasPassword(userId: string): Promise<boolean>;
  /** Sets or replaces the password and ends all other sessions of the user. */
  setPassword(signedIn: SignedIn, password: string): Promise<void>;
  close(): Promise<void>;
}

const poolConnectionsMax = 6;
const linkMs = 15 * minuteMs;
const passwordLengthMin = 12;
const passwordLengthMax = 200;

/**
 * Opens sign-in on the same PostgreSQL, in the schema `auth`, by better-auth.
 * @param origins where the console is served from; the first is its address
 */
export async function openSignIn(options: {
  readonly connection: DatabaseConnection;
  readonly secret: string;
  readonly origins: readonly [string, ...string[]];
  /** Hears of every new session before its cookie is given out. */
  readonly onSession: (user: { readonly userId: string; readonly email: string }) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<SignIn> {
  const { clock, log, origins } = options;
  const pool = openPool(options.connection, "auth", poolConnectionsMax, log);
  /** The token of a link goes to whoever asked for it here, and nowhere else. */
  const asked = new AsyncLocalStorage<{ token?: string }>();

  const settings = {
    database: pool,
    baseURL: origins[0],
    basePath: "/api/auth",
    secret: options.secret,
    trustedOrigins: [...origins],
    telemetry: { enabled: false },
    rateLimit: { enabled: false }, // ours counts by connection, see http/console-app.ts
    logger: { level: "warn", log: (level, message) => log[level](`sign-in: ${message}`) },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: passwordLengthMin,
      maxPasswordLength: passwordLengthMax,
    },
    session: { expiresIn: 7 * 24 * 3600, updateAge: 24 * 3600 },
    advanced: { cookiePrefix: "holdfast", defaultCookieAttributes: { sameSite: "lax", httpOnly: true } },
    databaseHooks: { session: { create: { after: ({ userId }) => sessionBegan(userId) } } },
    plugins: [
      magicLink({
        expiresIn: linkMs / 1000,
        disableSignUp: true,
        storeToken: "hashed",
        sendMagicLink: async ({ token }) => {
          const asker = asked.getStore();
          assert(asker !== undefined, "a sign-in link was made that nobody here asked for");
          asker.token = token;
        },
      }),
    ],
  } satisfies BetterAuthOptions;

  try {
    await migrate(pool, async () => (await getMigrations(settings)).runMigrations());
  } catch (error) {
    await pool.end();
    throw new HoldfastError(serverErrors.databaseAway, `The sign-in tables cannot be made: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const auth = betterAuth(settings);
  const context = await auth.$context;
  async function sessionBegan(userId: string): Promise<void> {
    const user = await context.internalAdapter.findUserById(userId);
    await options.onSession({ userId, email: user?.email ?? "" });
  }

  return {
    handle: (request) => auth.handler(request),

    async sessionOf(headers) {
      const found = await auth.api.getSession({ headers });
      if (found === null) return undefined;
      const { user, session } = found;
      const beganAtMs = session.createdAt.getTime();
      return { userId: user.id, name: user.name, email: user.email, sessionId: session.id, beganAtMs };
    },

    async ensureUser(email) {
      const known = await context.internalAdapter.findUserByEmail(email);
      if (known !== null) return known.user.id;
      const name = email.slice(0, email.indexOf("@"));
      const made = await context.internalAdapter.createUser({ email, name, emailVerified: true }, { method: "admin" });
      return made.id;
    },

    async newLinkToken(email) {
      const expiresAtMs = clock.nowMs() + linkMs;
      const asker: { token?: string } = {};
      await asked.run(asker, () => auth.api.signInMagicLink({ body: { email }, headers: new Headers() }));
      assert(asker.token !== undefined, "the sign-in link came without a token");
      return { token: asker.token, expiresAtMs };
    },

    async hasPassword(userId) {
      const accounts = await context.internalAdapter.findAccounts(userId);
      return accounts.some((account) => account.providerId === "credential");
    },

    async setPassword(signedIn, password) {
      const { userId, sessionId } = signedIn;
      const hash = await context.password.hash(password);
      const accounts = await context.internalAdapter.findAccounts(userId);
      const own = accounts.find((account) => account.providerId === "credential");
      if (own === undefined) {
        const account = { userId, providerId: "credential", accountId: userId, password: hash };
        await context.internalAdapter.linkAccount(account);
      } else {
        await context.internalAdapter.updateAccount(own.id, { password: hash });
      }
      const sessions = await context.internalAdapter.listSessions(userId);
      for (const session of sessions) {
        if (session.id !== sessionId) await context.internalAdapter.deleteSession(session.token);
      }
    },

    close: () => pool.end(),
  };
}

/** One server at a time; the next finds nothing left to do. */
async function migrate(pool: Pool, run: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("select pg_advisory_lock(hashtext('holdfast sign-in'))");
    await client.query("create schema if not exists auth");
    await run();
    await client.query("select pg_advisory_unlock(hashtext('holdfast sign-in'))");
  } finally {
    client.release(true); // gives the lock back whatever happened
  }
}
