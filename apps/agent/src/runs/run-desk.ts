import {
  HoldfastError,
  isFailure,
  messageOf,
  minuteMs,
  secondMs,
  type Clock,
  type Log,
  type Random,
} from "@holdfast/base";
import { channelMessageBytesMax, messageFromAgent, type Job, type MessageFromAgent } from "@holdfast/contract";
import type { Welcome } from "../channel/connection.ts";
import { agentErrors } from "../errors.ts";
import type { HeldRun, Journal } from "../state/journal.ts";
import { detailOf, failed, failureReport } from "./outcome.ts";
import { perform } from "./perform.ts";
import type { JobOutcome, JobTable } from "./run-context.ts";
import { RunReporter } from "./run-reporter.ts";

type Finished = Extract<MessageFromAgent, { type: "finished" }>;

interface RunDeskOptions {
  readonly jobs: JobTable;
  /** Runs done at the same time. */
  readonly runsMax: number;
  readonly journal: Journal;
  readonly send: (message: MessageFromAgent) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

interface ActiveRun extends HeldRun {
  readonly ending: AbortController;
  readonly done: Promise<void>;
}

/** More offers than this are forgotten; the server makes them again. */
const offersMax = 1000;
const reportEveryMs = minuteMs / 2;

/**
 * Takes work, does it, and tells how it came out until the server has acknowledged it.
 *
 * The lease is the server's to take away. While no server can be reached a run goes on, because a backup that is nearly
 * done is worth more than none; a server that gave the run up meanwhile refuses the lease when it is heard again, and the
 * run then ends before its next write.
 */
export class RunDesk {
  readonly #options: RunDeskOptions;
  readonly #offers = new Set<string>();
  /** Asked for and not yet answered, on this connection. */
  readonly #taking = new Set<string>();
  readonly #active = new Map<string, ActiveRun>();
  #connection: AbortController | undefined;
  #stopping = false;

  constructor(options: RunDeskOptions) {
    this.#options = options;
    this.#reportInterrupted();
  }

  /** The runs going on, for the hello. */
  holding(): HeldRun[] {
    return [...this.#active.values()].map(({ runId, leaseId }) => ({ runId, leaseId }));
  }

  connected(welcome: Welcome): void {
    const connection = new AbortController();
    this.#connection = connection;
    this.#sendReports();
    const renewEveryMs = (Math.max(3, welcome.leaseSeconds) / 3) * secondMs;
    this.#every(renewEveryMs, connection.signal, () => this.#renew());
    this.#every(reportEveryMs, connection.signal, () => this.#sendReports());
  }

  disconnected(): void {
    this.#connection?.abort(new Error("not connected"));
    this.#connection = undefined;
    // Both are questions on a connection that is gone; the server offers again what nobody took.
    this.#offers.clear();
    this.#taking.clear();
  }

  offered(runId: string): void {
    // Taken twice it would be refused once, and a refusal of what is going on means that its lease is lost.
    if (this.#active.has(runId) || this.#taking.has(runId) || this.#offers.size >= offersMax) return;
    this.#offers.add(runId);
    this.#takeNext();
  }

  /** The answer to `take`. A job that nobody asked for is not done. */
  handed(run: HeldRun, job: Job): void {
    if (!this.#taking.delete(run.runId) || this.#stopping) return;
    this.#start(run, job.kind, job);
  }

  /** The answer to `take`, with a job that this version has no shape for: refused in the open, not left to expire. */
  handedUnknown(run: HeldRun): void {
    if (!this.#taking.delete(run.runId) || this.#stopping) return;
    this.#start(run, "unknown", undefined);
  }

  /** The answer to `take` when somebody else has the run; to anything else: the lease is lost, no report is wanted. */
  refused(runId: string, reason: string): void {
    this.#options.log.warn("The server refused.", { runId, reason });
    const active = this.#active.get(runId);
    if (!this.#taking.delete(runId)) {
      if (active === undefined) this.#forget(runId);
      else active.ending.abort(new HoldfastError(agentErrors.leaseLost, "The server had given the run up."));
    }
    this.#takeNext();
  }

  cancelled(runId: string): void {
    this.#offers.delete(runId);
    this.#active.get(runId)?.ending.abort(new HoldfastError(agentErrors.cancelled, "The run was cancelled."));
  }

  acknowledged(runId: string): void {
    if (!this.#active.has(runId)) this.#forget(runId);
  }

  /** Ends the runs going on and resolves when they have ended; what came out is in the journal and sent if possible. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const active = [...this.#active.values()];
    for (const run of active) run.ending.abort(new HoldfastError(agentErrors.stopped, "The agent was told to stop."));
    await Promise.all(active.map((run) => run.done));
  }

  /** Whether the server has yet to acknowledge something. */
  get hasReports(): boolean {
    return this.#options.journal.reports().length > 0;
  }

  #takeNext(): void {
    if (this.#stopping) return;
    for (const runId of this.#offers) {
      if (this.#active.size + this.#taking.size >= this.#options.runsMax) return;
      this.#offers.delete(runId);
      if (this.#options.send({ type: "take", runId })) this.#taking.add(runId);
    }
  }

  #start(run: HeldRun, kind: string, job: Job | undefined): void {
    const { journal, clock, log, send } = this.#options;
    try {
      journal.begin({ ...run, kind, beganAtMs: clock.nowMs() });
    } catch (error) {
      // Without a journal the run might be forgotten, so it is not begun.
      log.error("The journal cannot be written.", { because: messageOf(error) });
      send({ type: "finished", ...run, ...failed(error) });
      return;
    }
    log.info("Run begun.", { runId: run.runId, kind });
    const ending = new AbortController();
    const done = this.#do(run, job, ending.signal).then((outcome) => {
      this.#active.delete(run.runId);
      this.#conclude(run, outcome, ending.signal);
      this.#takeNext();
    });
    this.#active.set(run.runId, { ...run, ending, done });
  }

  /** Never rejects: whatever the job throws is its outcome. */
  async #do(run: HeldRun, job: Job | undefined, signal: AbortSignal): Promise<JobOutcome> {
    const { jobs, clock, random, send } = this.#options;
    const log = this.#options.log.child({ runId: run.runId });
    const reporter = new RunReporter(run, clock, send);
    const context = {
      clock,
      random,
      log,
      runId: run.runId,
      signal,
      progress: reporter.progress.bind(reporter),
      say: reporter.say.bind(reporter),
    };
    const work = job === undefined ? unknownJob() : perform(jobs, job, context);
    const outcome = await work.catch((error: unknown) => outcomeOfError(error, signal, log));
    log.info("Run ended.", { outcome: outcome.outcome, code: outcome.failure?.code });
    if (outcome.failure !== null) reporter.say("error", `${outcome.failure.code}: ${outcome.failure.message}`);
    reporter.flush();
    return outcome;
  }

  /** Makes the outcome durable, then says it. One that nobody waits for any more is dropped. */
  #conclude(run: HeldRun, outcome: JobOutcome, signal: AbortSignal): void {
    const { journal, log, send } = this.#options;
    const finished = deliverable({ type: "finished", ...run, ...outcome }, log);
    try {
      if (isFailure(signal.reason, agentErrors.leaseLost)) return this.#forget(run.runId);
      journal.finish({ ...run, report: JSON.stringify(finished) });
    } catch (error) {
      // Said once then; if nobody hears it, the next start reports the run as interrupted.
      log.error("The journal cannot be written.", { runId: run.runId, because: messageOf(error) });
    }
    send(finished);
  }

  /** One that cannot be forgotten now is reported again, and forgotten then. */
  #forget(runId: string): void {
    try {
      this.#options.journal.forget(runId);
    } catch (error) {
      this.#options.log.error("The journal cannot be written.", { runId, because: messageOf(error) });
    }
  }

  #renew(): void {
    for (const { runId, leaseId } of this.#active.values()) this.#options.send({ type: "renew", runId, leaseId });
  }

  #sendReports(): void {
    for (const { report } of this.#options.journal.reports())
      this.#options.send(JSON.parse(report) as MessageFromAgent);
  }

  /** What the process before this one was doing when it died is over, and did not end well. */
  #reportInterrupted(): void {
    const { journal, log } = this.#options;
    for (const { runId, leaseId, kind } of journal.unfinished()) {
      log.warn("A run was interrupted when this program last ended.", { runId, kind });
      const failure = new HoldfastError(agentErrors.interrupted, "The agent stopped in the middle of the run.");
      const finished: Finished = { type: "finished", runId, leaseId, ...failed(failure) };
      journal.finish({ runId, leaseId, report: JSON.stringify(finished) });
    }
  }

  #every(ms: number, signal: AbortSignal, act: () => void): void {
    const { clock } = this.#options;
    const repeat = async () => {
      for (;;) {
        await clock.sleep(ms, signal);
        act();
      }
    };
    repeat().catch((error: unknown) => {
      if (!signal.aborted) this.#options.log.error("A timer of the agent broke.", { because: messageOf(error) });
    });
  }
}

/**
 * The report, or one that says why there is none: one that the server cannot take would be refused, and said again, for
 * ever. What a hostile device put into its repository must not silence a keeper.
 */
function deliverable(finished: Finished, log: Log): Finished {
  const parsed = messageFromAgent.safeParse(finished);
  if (parsed.success && Buffer.byteLength(JSON.stringify(finished)) <= channelMessageBytesMax) return finished;
  log.error("The report cannot be sent.", { detail: parsed.error?.message ?? "too long" });
  const { type, runId, leaseId } = finished;
  const failure = new HoldfastError(agentErrors.unexpected, "The run ended, but its report cannot be sent.");
  return { type, runId, leaseId, ...failed(failure) };
}

function unknownJob(): Promise<JobOutcome> {
  return Promise.reject(new HoldfastError(agentErrors.unknownJob, "This version does not know this kind of work."));
}

function outcomeOfError(error: unknown, signal: AbortSignal, log: Log): JobOutcome {
  const onOrder = [agentErrors.cancelled, agentErrors.stopped].some((entry) => isFailure(signal.reason, entry));
  if (onOrder) return { outcome: "cancelled", result: null, failure: failureReport(signal.reason) };
  log.error("The run failed.", { because: messageOf(error), detail: detailOf(error) });
  return failed(error);
}
