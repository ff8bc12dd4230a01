import { spawn } from "node:child_process";
import { open, readFile, rename } from "node:fs/promises";
import { HoldfastError, formatDuration, minuteMs, secondMs, systemCodeOf, type Clock, type Log } from "@holdfast/base";
import { databaseErrors } from "./errors.ts";
import { answers, isPostmasterOf, readPostmaster } from "./postmaster.ts";
import type { Command } from "./service-user.ts";

const startMsMax = 5 * minuteMs; // replaying the write-ahead log after a crash counts as starting
const stopMsMax = minuteMs;
const pollMs = 10;
const retryMs = 250;
const halfWrittenMs = secondMs;

/** A PostgreSQL that was told to start. */
export interface Start {
  /** Set once the process has ended, which before it answers is a failure. */
  failure: HoldfastError | undefined;
}

/** Keeps the messages of the run before beside those of the next. */
export async function rotateLog(logFile: string): Promise<void> {
  await rename(logFile, `${logFile}.1`).catch((error: unknown) => {
    if (systemCodeOf(error) !== "ENOENT") throw error;
  });
}

/** Starts PostgreSQL, which runs until it is told to stop, even past our own end, and writes to `logFile`. */
export async function startServer(command: Command, logFile: string): Promise<Start> {
  const start: Start = { failure: undefined };
  const logHandle = await open(logFile, "a", 0o600);
  try {
    // Detached: Ctrl-C in a terminal reaches only us, and we stop PostgreSQL after everything that uses it.
    const child = spawn(command.file, command.args, {
      ...command.options,
      detached: true,
      stdio: ["ignore", "ignore", logHandle.fd],
    });
    child.on("error", (error) => {
      start.failure = new HoldfastError(databaseErrors.startFailed, `PostgreSQL cannot be run: ${error.message}`);
    });
    child.on("exit", () => {
      void lastReason(logFile).then((reason) => {
        start.failure = new HoldfastError(databaseErrors.startFailed, `PostgreSQL ended while starting: ${reason}`);
      });
    });
    child.unref();
  } finally {
    await logHandle.close();
  }
  return start;
}

/**
 * Compares what runs on `dataDir` with what should, until a PostgreSQL answers there.
 *
 * @param start called, with the directory's lock held, only while nothing of `dataDir` runs
 * @returns `adopted` when it ran already
 * @throws DATABASE_START_FAILED, DATABASE_IN_USE, whatever `start` throws
 */
export async function ensureServer(
  dataDir: string,
  start: () => Promise<Start>,
  clock: Clock,
  log: Log,
): Promise<{ pid: number; socketDir: string; adopted: boolean }> {
  const beganMs = clock.monotonicMs();
  let started: Start | undefined;
  let starts = 0;
  while (clock.monotonicMs() - beganMs < startMsMax) {
    const found = await readPostmaster(dataDir);
    // A starting PostgreSQL makes its file first and fills it next; one that stays empty is left from a crash.
    if (found !== undefined && !(found.pid > 0) && clock.monotonicMs() - beganMs < halfWrittenMs) {
      await clock.sleep(pollMs);
      continue;
    }
    const runs = found !== undefined && (await isPostmasterOf(found.pid, dataDir));
    if (found?.ready && (await answers(found.socketDir))) {
      if (runs) return { pid: found.pid, socketDir: found.socketDir, adopted: starts === 0 };
      const message = `The database is served by a process that cannot be seen from here (${dataDir}/postmaster.pid).`;
      throw new HoldfastError(databaseErrors.inUse, message);
    }
    // When two start at once, ours may be the one that ends; the other is taken over.
    if (started?.failure !== undefined && !runs) {
      if (!orphansRemain(started.failure)) throw started.failure;
      if (starts === 1) log.warn("waiting for a statement of the killed database to end", { dataDir });
      started = undefined;
      await clock.sleep(retryMs);
    }
    // One that still stops, or that a killed owner was starting, is waited for and not doubled.
    if (!runs && started === undefined) {
      started = await start();
      starts += 1;
    }
    await clock.sleep(pollMs);
  }
  throw new HoldfastError(databaseErrors.startFailed, `PostgreSQL did not answer for ${formatDuration(startMsMax)}.`);
}

/**
 * Stops PostgreSQL, spawned or adopted: SIGINT is its fast shutdown; SIGQUIT, for one that does not obey, leaves
 * replaying the log to the next start.
 *
 * @throws DATABASE_STOP_FAILED
 */
export async function stopServer(pid: number, dataDir: string, clock: Clock): Promise<void> {
  for (const [signal, waitMs] of [["SIGINT", stopMsMax] as const, ["SIGQUIT", 10 * secondMs] as const]) {
    const deadlineMs = clock.monotonicMs() + waitMs;
    for (let told = false; clock.monotonicMs() < deadlineMs; told = true) {
      if (!(await isPostmasterOf(pid, dataDir))) return;
      if (!told) tell(pid, signal);
      await clock.sleep(pollMs);
    }
  }
  throw new HoldfastError(databaseErrors.stopFailed, `PostgreSQL (process ${pid}) does not end.`);
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemCodeOf(error) !== "ESRCH") throw error; // it ended by itself meanwhile
  }
}

/** When the main process was killed, a connection that is busy computing notices only when it is done. */
function orphansRemain(failure: HoldfastError): boolean {
  return failure.message.includes("pre-existing shared memory block");
}

async function lastReason(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, "utf8").catch(() => "")).trim().split("\n");
  return lines.findLast((line) => /FATAL|PANIC|error/i.test(line)) ?? lines.at(-1) ?? "";
}
