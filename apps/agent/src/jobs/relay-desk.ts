import { messageOf, type Log } from "@holdfast/base";
import { sealAnswer } from "@holdfast/client";
import { agentPaths, type RelayRequest } from "@holdfast/contract";
import type { PartContext, RelayDesk as AnyRelayDesk } from "../part.ts";
import { detailOf, failureReport } from "../runs/outcome.ts";
import { postStream, type ServerAccess } from "../server-access.ts";
import { browse } from "./browse.ts";
import { openVault, type VaultOpener } from "./open-vault.ts";

/** Answers given at the same time; who comes when there are as many waits. */
const answersMax = 4;
/** More than people can ask for; beyond it somebody floods the keeper. */
const waitingMax = 100;

/**
 * Answers people who browse, sealed to the key that came with the question, through a server that cannot read along.
 * @see docs/adr/0007-keepers-answer-browsers-through-a-sealed-relay.md
 */
export class RelayDesk implements AnyRelayDesk {
  readonly #keeper: VaultOpener;
  readonly #access: ServerAccess;
  readonly #context: PartContext;
  readonly #stopping = new AbortController();
  readonly #waiting: RelayRequest[] = [];
  readonly #answering = new Set<Promise<void>>();

  constructor(keeper: VaultOpener, access: ServerAccess, context: PartContext) {
    this.#keeper = keeper;
    this.#access = access;
    this.#context = context;
  }

  asked(request: RelayRequest): void {
    if (this.#waiting.length >= waitingMax) {
      this.#context.log.warn("Too many questions at once; one is not answered.", { relayId: request.relayId });
      return;
    }
    this.#waiting.push(request);
    this.#answerNext();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the keeper stops"));
    this.#waiting.length = 0;
    await Promise.all(this.#answering);
  }

  #answerNext(): void {
    if (this.#answering.size >= answersMax || this.#stopping.signal.aborted) return;
    const request = this.#waiting.shift();
    if (request === undefined) return;
    const answering = this.#answer(request).finally(() => {
      this.#answering.delete(answering);
      this.#answerNext();
    });
    this.#answering.add(answering);
  }

  /** Never rejects: what went wrong is sealed into the answer, and a reader who is gone needs none. */
  async #answer(request: RelayRequest): Promise<void> {
    const { relayId, readerKey, want } = request;
    const { signal } = this.#stopping;
    const log = this.#context.log.child({ relayId, want });
    const answer = sealAnswer(readerKey, this.#pieces(request), (error) => described(error, log));
    try {
      await postStream(this.#access, agentPaths.relay(relayId), answer, signal);
    } catch (error) {
      log.warn("An answer was not delivered.", { because: messageOf(error), detail: detailOf(error) });
    }
  }

  async *#pieces(request: RelayRequest): AsyncGenerator<Uint8Array> {
    const { signal } = this.#stopping;
    const vault = await openVault(this.#keeper, request, { ...this.#context, signal });
    try {
      yield* browse(vault.repository, request, signal);
    } finally {
      await vault.close();
    }
  }
}

function described(error: unknown, log: Log) {
  log.warn("A question could not be answered.", { because: messageOf(error), detail: detailOf(error) });
  return failureReport(error);
}
