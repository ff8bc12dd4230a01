import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { HoldfastError, messageOf, secondMs, type Clock, type Log, type LogFields } from "@holdfast/base";
import type { Storage } from "@holdfast/storage";
import type { Grants } from "../access/grants.ts";
import { gatewayErrors } from "../errors.ts";
import { Quotas } from "../quota.ts";
import { answer, type Exchange } from "./exchange.ts";
import { answerFailure, statusOf } from "./failure.ts";
import { parseRequestPath, type RequestPath } from "./request-path.ts";
import { routes } from "./routes.ts";
import { tokenOf } from "./token.ts";

export interface HandlerParts {
  /** The storage of a repository that a grant was given for. */
  readonly storageOf: (repository: string) => Storage;
  readonly grants: Grants;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Answers every request: the path first, then who asks, then the method. A path in no form of the protocol is 404 for
 * everybody; everything else is 401 for whoever has no token for that repository, whether it exists or not.
 */
export function requestHandler(parts: HandlerParts): RequestListener {
  const quotas = new Quotas(parts.clock);
  return (request, response) => {
    void new Answering(parts, quotas, request, response).run();
  };
}

/** What is left of a refused upload is read for this long, so that its sender sees the refusal and not a broken pipe. */
const lingerMs = 10 * secondMs;

class Answering {
  readonly #parts: HandlerParts;
  readonly #quotas: Quotas;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();
  #fields: LogFields;

  constructor(parts: HandlerParts, quotas: Quotas, request: IncomingMessage, response: ServerResponse) {
    this.#parts = parts;
    this.#quotas = quotas;
    this.#request = request;
    this.#response = response;
    this.#fields = { method: request.method };
    response.once("close", () => this.#gone.abort(new Error("the client has gone")));
  }

  /** Never rejects. */
  async run(): Promise<void> {
    const startedAtMs = this.#parts.clock.monotonicMs();
    let failure: unknown;
    try {
      await this.#answer();
    } catch (error) {
      failure = error;
      if (!this.#gone.signal.aborted) answerFailure(this.#response, error);
    }
    this.#note(failure, this.#parts.clock.monotonicMs() - startedAtMs);
    if (!this.#request.complete) await this.#linger();
  }

  async #answer(): Promise<void> {
    const path = parseRequestPath(this.#request.url ?? "");
    if (path === undefined) return answer(this.#response, 404, {}, "not a path of the repository protocol\n");
    const { repository, target } = path;
    this.#fields = { ...this.#fields, repository, ...fieldsOf(path) };

    const token = tokenOf(this.#request.headers.authorization);
    const grant = await this.#parts.grants.authorise({ repository, token });
    if (grant === undefined) throw new HoldfastError(gatewayErrors.unauthorised, "No valid token for this repository.");

    const exchange: Exchange = {
      request: this.#request,
      response: this.#response,
      query: path.query,
      grant,
      storage: this.#parts.storageOf(repository),
      quotas: this.#quotas,
      clock: this.#parts.clock,
      signal: this.#gone.signal,
    };
    switch (target.kind) {
      case "repository":
        return this.#route(routes.repository, exchange, undefined);
      case "listing":
        return this.#route(routes.listing, exchange, target.type);
      case "file":
        return this.#route(routes.file, exchange, target.file);
    }
  }

  async #route<Subject>(
    methods: Readonly<Record<string, (exchange: Exchange, subject: Subject) => Promise<void>>>,
    exchange: Exchange,
    subject: Subject,
  ): Promise<void> {
    const method = this.#request.method ?? "";
    const route = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (route === undefined) {
      return answer(this.#response, 405, { Allow: Object.keys(methods).join(", ") }, "no such method here\n");
    }
    await route(exchange, subject);
  }

  /** One line a request, with what was asked for as far as it was understood; never what was sent along. */
  #note(failure: unknown, tookMs: number): void {
    const { log } = this.#parts;
    const fields = { ...this.#fields, status: this.#response.statusCode, tookMs: Math.round(tookMs) };
    if (failure === undefined) return log.debug("answered", fields);
    if (this.#gone.signal.aborted) return log.info("the client went away", fields);
    if (!(failure instanceof HoldfastError)) {
      return log.error("a request failed unexpectedly", { ...fields, reason: messageOf(failure) });
    }
    const status = statusOf(failure);
    // A client asks for what is missing all day long; what it was refused, somebody may want to know.
    const level = status >= 500 ? "warn" : status === 404 ? "debug" : "info";
    log[level](status >= 500 ? "a request failed" : "refused", {
      ...fields,
      code: failure.code,
      reason: failure.message,
      internal: failure.internal,
    });
  }

  async #linger(): Promise<void> {
    const { clock } = this.#parts;
    const over = new AbortController();
    this.#request.once("close", () => over.abort()).resume();
    try {
      await clock.sleep(lingerMs, over.signal);
      this.#request.destroy();
    } catch {
      // Read to its end, or gone.
    }
  }
}

function fieldsOf({ target }: RequestPath): LogFields {
  switch (target.kind) {
    case "repository":
      return {};
    case "listing":
      return { listing: target.type };
    case "file":
      return { type: target.file.type, name: target.file.name };
  }
}
