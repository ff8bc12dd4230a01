import { HoldfastError, messageOf, secondMs, type Log } from "@holdfast/base";
import { messageFromAgent, type MessageFromAgent, type MessageToAgent, type RunProgress } from "@holdfast/contract";
import type { RawData, WebSocket } from "ws";
import { finishRun } from "../app/finish-run.ts";
import { takeRun } from "../app/hand-out.ts";
import { hearHolder, logLine, type Hold, type Word } from "../app/held-run.ts";
import { heartbeatSeconds, leaseSeconds } from "../app/leases.ts";
import { arrive, heartbeat, leave, offersFor } from "../app/presence.ts";
import { freshId, nowOf, type Services } from "../app/services.ts";
import type { Party } from "../authz/party.ts";
import { parseForeignJson } from "../http/parse.ts";
import { MessageBudget } from "./message-budget.ts";

/** Why we hang up; 4000 and above are ours. */
export const closeCode = { goingAway: 1001, protocol: 1002, tooMuch: 1008, replaced: 4001, revoked: 4003 } as const;

const helloWithinMs = 20 * secondMs;
const silentMsMax = 3 * heartbeatSeconds * secondMs;
/** Messages that wait to be dealt with; the socket is not read while there are more. */
const waitingMax = 64;
/** Progress of one run is written at most this often. */
const progressEveryMs = secondMs;

/** One open channel. Its messages are dealt with one after the other, in the order in which they came. */
export class Connection {
  readonly party: Party;
  readonly connectionId: string;
  readonly #services: Services;
  readonly #socket: WebSocket;
  readonly #log: Log;
  readonly #budget: MessageBudget;
  readonly #over = new AbortController();
  readonly #progressAtMs = new Map<string, number>();
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;
  #closing = false;
  #lastHeardMs: number;
  #capabilities: readonly string[] | undefined;

  constructor(services: Services, party: Party, socket: WebSocket) {
    this.party = party;
    this.connectionId = freshId(services);
    this.#services = services;
    this.#socket = socket;
    this.#log = services.log.child({ identityId: party.identityId, kind: party.kind });
    this.#budget = new MessageBudget(services.clock);
    this.#lastHeardMs = services.clock.monotonicMs();
  }

  /** Whether the hello came. */
  get arrived(): boolean {
    return this.#capabilities !== undefined;
  }

  /** Resolves when the channel has closed and its end is recorded. */
  async run(): Promise<void> {
    const socket = this.#socket;
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", (error) => this.#log.debug("the channel broke", { because: error.message }));
    socket.on("ping", () => this.#heard());
    socket.on("message", (data, isBinary) => this.#received(data, isBinary));
    const watching = this.#watch().catch(() => {}); // its sleep ends this way
    await closed;
    this.#over.abort();
    await watching;
    await this.#work;
    if (this.arrived) await leave(this.#services, this.party, this.connectionId);
  }

  /** False when nobody would hear it. */
  send(message: MessageToAgent): boolean {
    if (!this.arrived || this.#socket.readyState !== this.#socket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Offers everything that this part could do now. */
  async offer(): Promise<void> {
    if (!this.arrived) return;
    for (const runId of await offersFor(this.#services, this.party, this.#capabilities ?? []))
      this.send({ type: "offer", runId });
  }

  close(code: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#socket.close(code, reason);
    this.#services.clock.sleep(secondMs, this.#over.signal).then(
      () => this.#socket.terminate(),
      () => {},
    );
  }

  #heard(): void {
    this.#lastHeardMs = this.#services.clock.monotonicMs();
  }

  #received(data: RawData, isBinary: boolean): void {
    if (this.#closing) return;
    this.#heard();
    const text = isBinary ? "" : data.toString();
    if (!this.#budget.spend(text.length)) return this.close(closeCode.tooMuch, "too many messages");
    const parsed = messageFromAgent.safeParse(parseFrame(text));
    if (!parsed.success) {
      this.#log.warn("a frame that is no message", { because: parsed.error.issues[0]?.message });
      return this.close(closeCode.protocol, "not a message of this version");
    }
    this.#waiting += 1;
    if (this.#waiting >= waitingMax) this.#socket.pause();
    this.#work = this.#work.then(async () => {
      await this.#deal(parsed.data).catch((error: unknown) => {
        // Nothing was acknowledged, so the part says it again on its next channel.
        const internal = error instanceof HoldfastError ? error.internal : "";
        this.#log.error("a message failed", { type: parsed.data.type, because: messageOf(error), internal });
        this.close(closeCode.goingAway, "try again");
      });
      this.#waiting -= 1;
      if (this.#waiting < waitingMax / 2 && this.#socket.isPaused) this.#socket.resume();
    });
  }

  async #deal(message: MessageFromAgent): Promise<void> {
    if (this.#closing || this.#over.signal.aborted) return;
    if (message.type === "hello") return this.#hello(message);
    if (!this.arrived) return this.close(closeCode.protocol, "hello comes first");
    switch (message.type) {
      case "heartbeat":
        if (await heartbeat(this.#services, this.party, this.connectionId)) return;
        return this.close(closeCode.revoked, "not known any more, or connected elsewhere");
      case "take": {
        const { runId } = message;
        const handing = await takeRun(this.#services, this.party, runId);
        if (handing.outcome === "refused") this.send({ type: "refused", runId, reason: handing.reason });
        else this.send({ type: "job", runId, leaseId: handing.leaseId, job: handing.job });
        return;
      }
      case "renew":
        return this.#word(message, {});
      case "progress":
        return this.#progress(message, message.progress);
      case "log":
        return this.#word(message, { lines: message.lines.map((line) => logLine(line, this.#services)) });
      case "finished": {
        const { runId } = message;
        this.#progressAtMs.delete(runId);
        const outcome = await finishRun(this.#services, this.party, message);
        if (outcome === "acknowledged") this.send({ type: "acknowledged", runId });
        else this.send({ type: "refused", runId, reason: "the lease is not valid any more" });
        return this.offer();
      }
    }
  }

  async #hello(hello: Extract<MessageFromAgent, { type: "hello" }>): Promise<void> {
    if (this.arrived) return this.close(closeCode.protocol, "hello comes once");
    const told = await arrive(this.#services, this.party, this.connectionId, hello);
    this.#capabilities = hello.capabilities;
    this.send({
      type: "welcome",
      identityId: this.party.identityId,
      serverTime: nowOf(this.#services).toISOString(),
      leaseSeconds,
      heartbeatSeconds,
    });
    for (const message of told) this.send(message);
    this.#log.info("connected", { agentVersion: hello.inventory.agentVersion });
    await this.offer();
  }

  async #progress(hold: Hold, progress: RunProgress): Promise<void> {
    const nowMs = this.#services.clock.monotonicMs();
    if (nowMs - (this.#progressAtMs.get(hold.runId) ?? -progressEveryMs) < progressEveryMs) return;
    this.#progressAtMs.set(hold.runId, nowMs);
    return this.#word(hold, { progress });
  }

  async #word(hold: Hold, word: Word): Promise<void> {
    const { runId } = hold;
    const holding = await hearHolder(this.#services, this.party, hold, word);
    if (holding === "stale") this.send({ type: "refused", runId, reason: "the lease is not valid any more" });
    if (holding === "cancel") this.send({ type: "cancel", runId });
  }

  /** Hangs up on a part that does not say hello, and on one that has fallen silent. */
  async #watch(): Promise<void> {
    const { clock } = this.#services;
    await clock.sleep(helloWithinMs, this.#over.signal);
    if (!this.arrived) return this.close(closeCode.protocol, "no hello");
    for (;;) {
      await clock.sleep(heartbeatSeconds * secondMs, this.#over.signal);
      if (clock.monotonicMs() - this.#lastHeardMs > silentMsMax) return this.#socket.terminate();
    }
  }
}

function parseFrame(text: string): unknown {
  try {
    return parseForeignJson(text);
  } catch {
    return undefined;
  }
}
