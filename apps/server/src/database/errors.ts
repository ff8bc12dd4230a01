import type { ErrorCatalogue } from "@holdfast/base";

export const databaseErrors = {
  inUse: {
    code: "DATABASE_IN_USE",
    kind: "conflict",
    cause: "Another Holdfast server has opened the database of the same directory.",
    cure: "Stop the other server, or give this one a directory of its own; several servers share one PostgreSQL by `DATABASE_URL`.",
  },
  dirUnusable: {
    code: "DATABASE_DIR_UNUSABLE",
    kind: "denied",
    cause: "The directory for the database cannot be made or written: its permissions, a read-only or a full disk.",
    cure: "Make it writable for the user who starts the server, free space, or choose another with `HOLDFAST_HOME`.",
  },
  noBinaries: {
    code: "DATABASE_NO_BINARIES",
    kind: "missing",
    cause: "The PostgreSQL package for this operating system and processor is absent or incomplete.",
    cure: "Run `npm start` as the user who owns the checkout, or name a PostgreSQL of your own in `DATABASE_URL`.",
  },
  unreachable: {
    code: "DATABASE_UNREACHABLE",
    kind: "denied",
    cause: "PostgreSQL refuses to run as root, and the service user that it runs as cannot enter the folders above it.",
    cure: "Install util-linux (`setpriv`), run as an ordinary user, or make the folders above the checkout and the data searchable.",
  },
  wrongOwner: {
    code: "DATABASE_WRONG_OWNER",
    kind: "denied",
    cause: "The database's files belong to root or to another user than the one who starts the server.",
    cure: "Start the server as their owner or as root; after a copy made by root, give the `data` folder to `nobody` with chown -R.",
  },
  wrongVersion: {
    code: "DATABASE_WRONG_VERSION",
    kind: "conflict",
    cause: "The database was made by another major version of PostgreSQL than the one installed.",
    cure: "Start the Holdfast version that made it, or point `DATABASE_URL` at a PostgreSQL of that version.",
  },
  initFailed: {
    code: "DATABASE_INIT_FAILED",
    kind: "unavailable",
    cause: "A new database could not be made: the disk is full or read-only, or a system library is missing.",
    cure: "Read the reason in the message and start again; a half-made database is removed by the next start.",
  },
  startFailed: {
    code: "DATABASE_START_FAILED",
    kind: "unavailable",
    cause: "PostgreSQL ended while starting, or did not begin to answer in time.",
    cure: "Read `postgres.log` in the database's directory; most often the disk is full or shared memory is not available.",
  },
  stopFailed: {
    code: "DATABASE_STOP_FAILED",
    kind: "unavailable",
    cause: "PostgreSQL did not end although it was told to.",
    cure: "Nothing is lost: the next start takes it over. If its disk hangs, repair that first.",
  },
  unsafeSocketDir: {
    code: "DATABASE_UNSAFE_SOCKET_DIR",
    kind: "denied",
    cause: "The database's path is too long for a socket, and the short folder meant for it belongs to somebody else.",
    cure: "Remove that folder, or keep the data in a directory with a shorter path.",
  },
} as const satisfies ErrorCatalogue;
