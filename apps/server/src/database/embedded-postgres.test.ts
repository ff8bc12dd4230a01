import { spawn, type ChildProcess } from "node:child_process";
import { chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { silentLog, systemClock } from "@holdfast/base";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openEmbeddedPostgres, type EmbeddedPostgres } from "./embedded-postgres.ts";
import { databaseErrors } from "./errors.ts";

const isRoot = process.getuid!() === 0;
const nobody = { uid: 65534, gid: 65534 };
/** Made once, for the promises that hold on any database; every test leaves it stopped. */
let dir: string;
let freshDirs: string[] = [];
let opened: EmbeddedPostgres[] = [];
let children: ChildProcess[] = [];

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), "holdfast-database-"));
});

afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  for (const database of opened) await database.close();
  for (const fresh of freshDirs) await rm(fresh, { recursive: true });
  [opened, children, freshDirs] = [[], [], []];
});

afterAll(() => rm(dir, { recursive: true }));

async function freshDir(): Promise<string> {
  const fresh = await mkdtemp(path.join(os.tmpdir(), "holdfast-database-"));
  freshDirs.push(fresh);
  return fresh;
}

async function open(place = dir): Promise<EmbeddedPostgres> {
  const database = await openEmbeddedPostgres({ dir: place, log: silentLog, clock: systemClock });
  opened.push(database);
  return database;
}

async function query(database: Pick<EmbeddedPostgres, "connection">, sql: string): Promise<unknown[]> {
  const client = new Client(database.connection);
  client.on("error", () => {}); // what a killed server does to its connections
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

async function pidIn(place = dir): Promise<number> {
  return Number((await readFile(path.join(place, "data/postmaster.pid"), "utf8")).split("\n")[0]);
}

/** A real process that opens `place`, says so in one line of JSON (or says the error's code), and then waits. */
async function openInProcess(
  place: string,
  prefix: readonly string[] = [],
): Promise<{ child: ChildProcess; said: Said }> {
  const script = `
    import { openEmbeddedPostgres } from ${JSON.stringify(import.meta.resolve("./embedded-postgres.ts"))};
    import { silentLog, systemClock } from ${JSON.stringify(import.meta.resolve("@holdfast/base"))};
    const options = { dir: ${JSON.stringify(place)}, log: silentLog, clock: systemClock };
    const said = await openEmbeddedPostgres(options).then(
      (database) => {
        process.on("SIGTERM", () => database.close().then(() => process.exit(0)));
        return { connection: database.connection };
      },
      (error) => ({ code: error.code ?? error.message }),
    );
    console.log(JSON.stringify(said));
    setInterval(() => {}, 1000);`;
  const [file, ...args] = [...prefix, process.execPath, "--input-type=module", "-e", script];
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"], cwd: import.meta.dirname });
  children.push(child);
  const line = await new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data))));
  return { child, said: JSON.parse(line) as Said };
}

interface Said {
  readonly connection: EmbeddedPostgres["connection"];
  readonly code?: string;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await exit;
}

test("what was written is there after a stop and a start", async () => {
  const first = await open();
  await query(first, "create table stopped as select 'kept' as word");
  await first.close();
  expect(await query(await open(), "select word from stopped")).toEqual(["kept"]);
});

test("it syncs to disk, listens on no network and sorts by code point", async () => {
  const database = await open();
  expect(await query(database, "show fsync")).toEqual(["on"]);
  expect(await query(database, "show listen_addresses")).toEqual([""]);
  expect(await query(database, "select word from (values ('a'), ('B'), ('ä')) w (word) order by word")).toEqual([
    "B",
    "a",
    "ä",
  ]);
});

test("the socket is for its owner alone, and so is the data", async () => {
  const database = await open();
  for (const folder of [database.connection.host, path.join(dir, "data")]) {
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  }
});

test("a second opener is refused until the first has closed", async () => {
  const first = await open();
  await expect(open()).rejects.toMatchObject({ code: databaseErrors.inUse.code });
  expect((await openInProcess(dir)).said.code).toBe(databaseErrors.inUse.code);
  await first.close();
  await open();
});

test("when its owner was killed, the running database is taken over with every acknowledged row, and stops", async () => {
  const { child, said } = await openInProcess(dir);
  await query(said, "create table taken_over as select 1");
  const pid = await pidIn();
  await ended(child, "SIGKILL");

  const next = await open();
  expect(await pidIn()).toBe(pid);
  expect(await query(next, "select count(*)::int from taken_over")).toEqual([1]);
  await next.close();
  await expect(pidIn()).rejects.toMatchObject({ code: "ENOENT" });
  await open();
});

test("when its owner was killed while the database was starting, the next start waits for it", async () => {
  await (await open()).close();
  void openInProcess(dir); // never gets to say anything
  while (!((await pidIn().catch(() => 0)) > 0)) await systemClock.sleep(1);
  await ended(children[0]!, "SIGKILL");
  const pid = await pidIn();
  expect(await query(await open(), "select 1")).toEqual([1]);
  expect(await pidIn()).toBe(pid);
});

test("a killed PostgreSQL starts again with every acknowledged row", async () => {
  const first = await open();
  await query(first, "create table crashed as select 1");
  process.kill(await pidIn(), "SIGKILL");
  await first.close();
  expect(await query(await open(), "select count(*)::int from crashed")).toEqual([1]);
});

test("a killed PostgreSQL starts again once its busy connection is done", async () => {
  const first = await open();
  let isBusy = true;
  const busy = new Client(first.connection);
  busy.on("error", () => {});
  await busy.connect();
  const begun = new Promise((resolve) => busy.once("notice", resolve));
  const done = () => void (isBusy = false);
  const long = "do $$ begin raise notice 'begun'; perform count(*) from generate_series(1, 6000000); end $$";
  void busy.query(long).then(done, done);
  await begun;
  process.kill(await pidIn(), "SIGKILL");
  await first.close();
  expect(isBusy).toBe(true);
  expect(await query(await open(), "select 1")).toEqual([1]);
  expect(isBusy).toBe(false);
});

test("lock files that name a stranger, a zombie or nobody do not keep it from starting", async () => {
  const first = await open();
  const pidFile = path.join(dir, "data/postmaster.pid");
  const socketLock = path.join(first.connection.host, ".s.PGSQL.5432.lock");
  const left = await readFile(pidFile, "utf8");
  await first.close();

  const zombies = spawn("sh", ["-c", "sh -c 'exit 0' & echo $!; exec sleep 60"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(zombies);
  const zombie = await new Promise<string>((resolve) =>
    zombies.stdout.once("data", (data) => resolve(`${data}`.trim())),
  );
  for (const content of [left.replace(/^\d+/, zombie), left.replace(/^\d+/, `${process.pid}`), ""]) {
    await writeFile(pidFile, content);
    await writeFile(socketLock, content);
    const next = await open();
    expect(await query(next, "select 1")).toEqual([1]);
    await next.close();
  }
});

test("a path too long for a socket gets a short private one elsewhere, gone after the stop", async () => {
  const deep = path.join(await freshDir(), "d".repeat(120));
  const database = await open(deep);
  expect(database.connection.host.startsWith(deep)).toBe(false);
  expect((await stat(database.connection.host)).mode & 0o777).toBe(0o700);
  expect(await query(database, "select 1")).toEqual([1]);
  await database.close();
  await expect(stat(database.connection.host)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a start that was interrupted while making the database leaves nothing in the way", async () => {
  const fresh = await freshDir();
  await mkdir(path.join(fresh, "data.new/base"), { recursive: true });
  await open(fresh);
});

test("a directory that cannot be made is refused by name", async () => {
  const file = path.join(await freshDir(), "file");
  await writeFile(file, "");
  await expect(open(path.join(file, "below"))).rejects.toMatchObject({ code: databaseErrors.dirUnusable.code });
});

test("a database of another major version is refused and left alone", async () => {
  const fresh = await freshDir();
  await mkdir(path.join(fresh, "data"));
  await writeFile(path.join(fresh, "data/PG_VERSION"), "12\n");
  if (isRoot) await chown(path.join(fresh, "data"), nobody.uid, nobody.gid);
  await expect(open(fresh)).rejects.toMatchObject({ code: databaseErrors.wrongVersion.code });
});

test("a database that cannot start says why", async () => {
  const fresh = await freshDir();
  await (await open(fresh)).close();
  await rm(path.join(fresh, "data/global/pg_control"));
  await expect(open(fresh)).rejects.toMatchObject({ code: databaseErrors.startFailed.code, message: /pg_control/ });
});

test.skipIf(!isRoot)("root hands it to nobody, below folders that nobody cannot enter", async () => {
  const below = path.join(await freshDir(), "below");
  const database = await open(below);
  expect(await stat(path.join(below, "data"))).toMatchObject(nobody);
  expect((await stat(`/proc/${await pidIn(below)}`)).uid).toBe(nobody.uid);
  expect(await query(database, "create table t as select 1")).toEqual([]);
});

test.skipIf(!isRoot)(
  "a container that withholds the read capability is enough, one that withholds all is told",
  async () => {
    const below = path.join(await freshDir(), "below");
    const { child, said } = await openInProcess(below, ["setpriv", "--bounding-set=-dac_read_search"]);
    expect(await query(said, "select 1")).toEqual([1]);
    await ended(child, "SIGTERM");
    const without = await openInProcess(below, ["setpriv", "--bounding-set=-dac_read_search,-setpcap"]);
    expect(without.said.code).toBe(databaseErrors.unreachable.code);
  },
);

test.skipIf(!isRoot)("root continues a database of an ordinary user as that user, and may give it back", async () => {
  const place = await freshDir();
  await chown(place, nobody.uid, nobody.gid);
  // An ordinary user who may read the checkout wherever it lies.
  const drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--securebits=+no_setuid_fixup"];
  const asNobody = [...drop, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"];
  const first = await openInProcess(place, asNobody);
  await query(first.said, "create table kept as select 1");
  await ended(first.child, "SIGKILL");

  const adopted = await open(place);
  expect(await query(adopted, "select count(*)::int from kept")).toEqual([1]);
  await adopted.close();
  await (await open(place)).close();
  const again = await openInProcess(place, asNobody);
  expect(await query(again.said, "select count(*)::int from kept")).toEqual([1]);
  await ended(again.child, "SIGTERM");
  await expect(pidIn(place)).rejects.toMatchObject({ code: "ENOENT" });
});

test.skipIf(!isRoot)("data that belongs to root is refused, since PostgreSQL would", async () => {
  const fresh = await freshDir();
  await mkdir(path.join(fresh, "data"));
  await expect(open(fresh)).rejects.toMatchObject({ code: databaseErrors.wrongOwner.code });
});
