import { HoldfastError, assert, messageOf, type Clock, type Log } from "@holdfast/base";
import { CamelCasePlugin, Kysely, PostgresDialect, sql } from "kysely";
import { Migrator } from "kysely/migration";
import type { ReadonlyKysely } from "kysely/readonly";
import { serverErrors } from "../errors.ts";
import { appendAuditEntry, type AuditEntry } from "./audit.ts";
import { changesChannel, type Change } from "./changes.ts";
import { migrations } from "./migrations/index.ts";
import { openPool, type DatabaseConnection } from "./pool.ts";
import { scopeFilter } from "./scope-filter.ts";
import type { Scope } from "./scope.ts";
import type { Tables } from "./tables.ts";

/** What a reader may ask: selects, narrowed to its scope. */
export type Reader = Pick<ReadonlyKysely<Tables>, "selectFrom" | "fn">;

export interface Writer {
  /** Statements, narrowed to the scope. */
  readonly db: Kysely<Tables>;
  /** The one entry that this transaction leaves in the audit log; written last. */
  audit(entry: AuditEntry): void;
  /** Says that there is nothing to audit: a heartbeat, progress, or a request that turned out to change nothing. */
  unaudited(why: "telemetry" | "no change"): void;
  /** Tells every server, once this is committed, what to look at again. */
  announce(change: Change): void;
}

/**
 * The only way to the control plane's SQL. Both run in one transaction and see one scope. Rows are locked `for no key
 * update`: a stronger lock would also hold up the foreign keys of audit entries, which are written last by everybody.
 */
export interface Store {
  read<T>(scope: Scope, fn: (db: Reader) => Promise<T>): Promise<T>;
  /** Ends with exactly one audit entry, or with a word on why there is none; throws away everything when `fn` throws. */
  transact<T>(scope: Scope, fn: (tx: Writer) => Promise<T>): Promise<T>;
  /** @throws DATABASE_AWAY when the database does not answer */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The role that tenants' transactions take on where the server itself could look past row-level security. */
const tenantRole = "holdfast_tenant";
const poolConnectionsMax = 12;

/**
 * Connects, brings the tables up to date and returns the store.
 * @throws DATABASE_AWAY
 */
export async function openStore(options: {
  readonly connection: DatabaseConnection;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Store> {
  const { clock, log } = options;
  const pool = openPool(options.connection, "holdfast", poolConnectionsMax, log);
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
  let takesRole: boolean;
  try {
    takesRole = await migrate(db);
  } catch (error) {
    await db.destroy();
    throw databaseAway(error);
  }

  const within = async (trx: Kysely<Tables>, scope: Scope): Promise<Kysely<Tables>> => {
    const reach = scope.kind === "installation" ? "*" : scope.kind === "nothing" ? "" : scope.organisationId;
    const device = scope.kind === "device" ? scope.deviceId : "";
    const role = takesRole ? tenantRole : "none";
    await sql`
      select set_config('holdfast.reach', ${reach}, true),
             set_config('holdfast.device', ${device}, true),
             set_config('role', ${role}, true)`.execute(trx);
    return trx.withPlugin(scopeFilter(scope));
  };

  return {
    read: (scope, fn) =>
      db
        .transaction()
        .setAccessMode("read only")
        .execute(async (trx) => fn(await within(trx, scope))),

    transact: (scope, fn) =>
      db.transaction().execute(async (trx) => {
        const entries: AuditEntry[] = [];
        const changes = new Set<string>();
        let excused = false;
        const scoped = await within(trx, scope);
        const value = await fn({
          db: scoped,
          audit: (entry) => entries.push(entry),
          unaudited: () => (excused = true),
          announce: (change) => changes.add(JSON.stringify(change)),
        });
        assert(entries.length === (excused ? 0 : 1), `a transaction left ${entries.length} audit entries`);
        for (const entry of entries) await appendAuditEntry(scoped, entry, new Date(clock.nowMs()));
        for (const change of changes) await sql`select pg_notify(${changesChannel}, ${change})`.execute(trx);
        return value;
      }),

    async ping() {
      try {
        await sql`select 1`.execute(db);
      } catch (error) {
        throw databaseAway(error);
      }
    },

    close: () => db.destroy(),
  };
}

function databaseAway(error: unknown): HoldfastError {
  const message = `The database cannot be used: ${messageOf(error)}`;
  return new HoldfastError(serverErrors.databaseAway, message, { cause: error });
}

/**
 * Forward to the newest tables; a second server that starts at the same time waits.
 * @returns whether transactions must take on `tenantRole`, because the database user stands above row-level security
 */
async function migrate(db: Kysely<Tables>): Promise<boolean> {
  await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtext('holdfast schema'))`.execute(trx);
    await sql`create schema if not exists holdfast`.execute(trx);
  });
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: "holdfast",
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;

  const { rows } = await sql<{ above: boolean }>`
    select rolsuper or rolbypassrls as above from pg_roles where rolname = current_user`.execute(db);
  const above = rows[0]?.above ?? false;
  if (above) await sql.raw(grants).execute(db);
  return above;
}

/** Repeated at every start: a role belongs to the whole database server, its rights to this database. */
const grants = `
select pg_advisory_xact_lock(hashtext('holdfast schema'));
do $$ begin
  create role ${tenantRole} nologin;
exception when duplicate_object or unique_violation then null;
end $$;
grant usage on schema holdfast to ${tenantRole};
grant select, insert, update, delete on all tables in schema holdfast to ${tenantRole};
revoke update, delete on holdfast.audit_log from ${tenantRole};
`;
