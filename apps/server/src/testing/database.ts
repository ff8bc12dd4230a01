import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { silentLog, systemClock } from "@holdfast/base";
import pg from "pg";
import { afterAll, onTestFinished } from "vitest";
import { openEmbeddedPostgres, type EmbeddedPostgres } from "../database/embedded-postgres.ts";
import { openSignIn } from "../sign-in/sign-in.ts";
import { openStore } from "../store/store.ts";

/** How `pg` reaches a database of the test's own. */
export interface TestDatabase {
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
  };
  /** The same for DATABASE_URL. */
  readonly url: string;
}

const template = "holdfast_template";
let server: Promise<{ postgres: EmbeddedPostgres; dir: string }> | undefined;
let databases = 0;

/**
 * A fresh database with today's tables, gone when the test ends. One real PostgreSQL serves all tests of a file; it
 * starts with the first that asks and stops after the last.
 */
export async function testDatabase(): Promise<TestDatabase> {
  server ??= startWithTemplate();
  const { postgres } = await server;
  const database = `test_${(databases += 1)}`;
  await administer(postgres, `create database ${database} template ${template} strategy file_copy`);
  onTestFinished(() => administer(postgres, `drop database ${database} with (force)`));
  const { host, port, user } = postgres.connection;
  const query = new URLSearchParams({ host, port: String(port) });
  return { connection: { ...postgres.connection, database }, url: `postgres://${user}@localhost/${database}?${query}` };
}

async function startWithTemplate(): Promise<{ postgres: EmbeddedPostgres; dir: string }> {
  const dir = await mkdtemp(path.join(os.tmpdir(), "holdfast-db-"));
  const postgres = await openEmbeddedPostgres({ dir, log: silentLog, clock: systemClock });
  await administer(postgres, `alter role ${postgres.connection.user} set synchronous_commit = off`); // here nobody pulls the plug
  await administer(postgres, `create database ${template}`);
  const means = { connection: { ...postgres.connection, database: template }, log: silentLog, clock: systemClock };
  await (await openStore(means)).close();
  const unused = {
    secret: "only for making tables",
    origins: ["http://127.0.0.1"] as const,
    onSession: async () => {},
  };
  await (await openSignIn({ ...means, ...unused })).close();
  return { postgres, dir };
}

async function administer(postgres: EmbeddedPostgres, statement: string): Promise<void> {
  const client = new pg.Client(postgres.connection);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

afterAll(async () => {
  if (server === undefined) return;
  const { postgres, dir } = await server;
  await postgres.close();
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
});
