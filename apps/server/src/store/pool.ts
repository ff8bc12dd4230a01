import type { Log } from "@holdfast/base";
import pg from "pg";

/** How `pg` reaches a database. */
export type DatabaseConnection = pg.PoolConfig;

/**
 * A pool of connections that looks at `schema` first. A connection that breaks, idle or in use, ends what was done on
 * it and nothing else; without a listener on each, `pg` would end the process.
 */
export function openPool(connection: DatabaseConnection, schema: string, connectionsMax: number, log: Log): pg.Pool {
  const pool = new pg.Pool({
    ...connection,
    max: connectionsMax,
    options: `-c search_path=${schema} -c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000`,
    types: { getTypeParser: readType },
  });
  const onError = (error: Error) => log.warn("a database connection broke", { because: error.message });
  pool.on("error", onError);
  pool.on("connect", (client) => client.on("error", onError));
  return pool;
}

/** 64-bit counts come as numbers: sizes and positions stay below 2^53. Everything else as `pg` reads it. */
function readType(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  const int8 = 20;
  return oid === int8 ? Number : pg.types.getTypeParser(oid, format);
}
