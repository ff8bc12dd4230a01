import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { HoldfastError, count, secondMs, type Clock } from "@holdfast/base";
import { LastLines } from "./last-lines.ts";
import { upErrors } from "./errors.ts";

export interface PartOptions {
  /** "server", "gateway", "keeper" or "agent"; also the command that starts it. */
  readonly name: string;
  /** What follows the node binary on its command line. Never a secret. */
  readonly words: readonly string[];
  /** Everything in its environment; the way that secrets travel. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  readonly clock: Clock;
}

/** A part is silent for this long at most before it is ready; the first start of the database on a slow disk is longest. */
const readyWithinMs = 120 * secondMs;
/** A part that was asked to stop gets this long to finish writing. */
const stopWithinMs = 30 * secondMs;

/** One running part: a child process that said on its first line where it is to be reached. */
export class Part {
  readonly name: string;
  readonly logFile: string;
  /** What its ready line said. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Resolves when the process is gone, with how. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #log: LastLines;

  private constructor(
    options: PartOptions,
    child: ChildProcess,
    ended: Promise<string>,
    log: LastLines,
    ready: Readonly<Record<string, unknown>>,
  ) {
    this.name = options.name;
    this.logFile = options.logFile;
    this.#child = child;
    this.#clock = options.clock;
    this.#log = log;
    this.ended = ended;
    this.ready = ready;
  }

  /**
   * Starts a part and waits until it is ready. It leads a process group of its own, so that Ctrl-C reaches only us and
   * the parts can be stopped in order; and it stops by itself when its standard input closes, so that none is left
   * when we are killed.
   * @throws UP_PART_FAILED, UP_PART_SILENT; the part's own failure when it named one
   */
  static async start(options: PartOptions, signal: AbortSignal): Promise<Part> {
    signal.throwIfAborted();
    const file = createWriteStream(options.logFile, { flags: "a", mode: 0o600 });
    const log = new LastLines((line) => file.write(`${line}\n`));
    const child = spawn(process.execPath, options.words, {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
      env: { ...options.variables },
    });
    child.stdin.on("error", () => {}); // a part that died does not take us with it
    const ended = endOf(child).finally(() => file.end());
    const ready = readyLine(child, log);
    createInterface({ input: child.stderr }).on("line", (line) => log.add(line));
    const giveUp = new AbortController();
    const outcome = await Promise.race([
      ready.then((message) => ({ message })),
      ended.then((how) => ({ how })),
      options.clock.sleep(readyWithinMs, AbortSignal.any([signal, giveUp.signal])).then(
        () => ({ silent: true }),
        () => ({ silent: true }),
      ),
    ]);
    giveUp.abort();
    if ("message" in outcome) return new Part(options, child, ended, log, outcome.message);
    if ("how" in outcome) throw failureOf(options, outcome.how, log);
    await endChild(child, ended, options.clock);
    signal.throwIfAborted();
    throw new HoldfastError(
      upErrors.partSilent,
      `The ${options.name} was not ready after ${readyWithinMs / secondMs} s.`,
    );
  }

  /** Asks it to end and waits; one that does not listen is killed. */
  async stop(): Promise<void> {
    await endChild(this.#child, this.ended, this.#clock);
  }

  /** The failure of a part that ended by itself. */
  failure(how: string): HoldfastError {
    return failureOf({ name: this.name, logFile: this.logFile }, how, this.#log);
  }
}

async function endChild(child: ChildProcess, ended: Promise<string>, clock: Clock): Promise<void> {
  child.kill("SIGTERM");
  const patience = new AbortController();
  const late = clock.sleep(stopWithinMs, patience.signal).then(
    () => void child.kill("SIGKILL"),
    () => {}, // it ended in time
  );
  await ended;
  patience.abort();
  await late;
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(`could not be started: ${error.message}`));
    child.on("close", (code, signal) =>
      resolve(signal === null ? `ended with code ${code}` : `was ended by ${signal}`),
    );
  });
}

/** The first line of JSON with `ready: true` on its standard output; all others are its log. */
function readyLine(child: ChildProcess, log: LastLines): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const message = parseObject(line);
      if (message?.["ready"] === true) resolve(message);
      else log.add(line);
    });
  });
}

/** What the part itself said it died of, or else that it did. */
function failureOf(part: Pick<PartOptions, "name" | "logFile">, how: string, log: LastLines): HoldfastError {
  const said = log.lines.map(parseObject).findLast((line) => line?.["message_type"] === "exit_error");
  const [code, message, cure] = [said?.["error"], said?.["message"], said?.["cure"]];
  if (typeof code === "string" && typeof message === "string" && typeof cure === "string") {
    return new HoldfastError({ code, kind: "unavailable", cause: message, cure }, `The ${part.name}: ${message}`);
  }
  const last = log.lines.slice(-10);
  const heading = `The last ${count(last.length, "line")} that the ${part.name} wrote:`;
  return new HoldfastError(upErrors.partFailed, `The ${part.name} ${how}; its log is ${part.logFile}.`, {
    internal: [heading, ...last].join("\n    "),
  });
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined; // a line of log that looks like JSON and is not
  }
}
