import { DatabaseSync } from "node:sqlite";
import { HoldfastError, messageOf } from "@holdfast/base";
import { databaseErrors } from "./errors.ts";

/** @see SQLite "Result and Error Codes", SQLITE_BUSY */
const sqliteBusy = 5;

/**
 * Holds `file` for this process alone until the returned function is called or the process ends, however it ends.
 * Node.js has no file locks, SQLite does: an empty SQLite file locked for ever is a lock that the kernel releases, so
 * kill -9 leaves nothing stale, and a second opener in the same process is refused too.
 *
 * @throws DATABASE_IN_USE when somebody else holds it, DATABASE_DIR_UNUSABLE when it cannot be written
 */
export function lockFile(file: string): () => void {
  try {
    const sqlite = new DatabaseSync(file);
    sqlite.exec("begin exclusive");
    return () => sqlite.close();
  } catch (error) {
    const busy = error instanceof Error && "errcode" in error && error.errcode === sqliteBusy;
    if (busy) throw new HoldfastError(databaseErrors.inUse, `Another server holds ${file}.`, { cause: error });
    throw new HoldfastError(databaseErrors.dirUnusable, `Cannot lock ${file}: ${messageOf(error)}`, { cause: error });
  }
}
