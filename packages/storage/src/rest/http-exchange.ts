import { once } from "node:events";
import type { Agent, ClientRequest, IncomingMessage, request } from "node:http";
import { getBuiltinModule } from "node:process";
import type { Clock } from "@holdfast/base";
import { CallerFailure, piecesOfCaller, sizeOfBody } from "../file-body.ts";
import type { FileBody } from "../storage.ts";
import { StallWatch } from "./stall-watch.ts";

export interface HttpExchangeOptions {
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca: string | undefined;
  /** PEM of a certificate and its key, for servers that want to know who asks. */
  readonly clientCertificate?: string | undefined;
  /** True takes any certificate for the server's. */
  readonly isTlsUnchecked?: boolean | undefined;
  /** How the program calls itself to the server. */
  readonly userAgent?: string | undefined;
  readonly clock: Clock;
  /** No byte either way for this long ends a request. */
  readonly stalledMs: number;
}

export interface HttpQuestion {
  readonly method: "GET" | "HEAD" | "POST" | "DELETE";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | FileBody;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** The body as it comes; leaving early drops the connection. Read it or `discard` it. */
  readonly pieces: AsyncGenerator<Uint8Array>;
  /** Lets the connection go, unread. */
  discard(): void;
}

/** No byte moved for too long. */
export class StalledError extends Error {}

/** One connection pool to one server. Redirects are answers like any other, and nothing is retried here. */
export class HttpExchange {
  readonly #options: HttpExchangeOptions;
  readonly #agent: Agent;
  readonly #request: typeof request;

  constructor(protocol: string, options: HttpExchangeOptions) {
    this.#options = options;
    // Loaded here, because every start of the program would pay for them, and few talk to a server.
    const { Agent: HttpAgent, request: httpRequest } = getBuiltinModule("node:http");
    const { Agent: HttpsAgent, request: httpsRequest } = getBuiltinModule("node:https");
    // rejectUnauthorized is said aloud, because an environment variable can turn its default off.
    this.#agent =
      protocol === "https:"
        ? new HttpsAgent({
            keepAlive: true,
            ...(options.ca === undefined ? {} : { ca: options.ca }),
            ...(options.clientCertificate === undefined
              ? {}
              : { cert: options.clientCertificate, key: options.clientCertificate }),
            rejectUnauthorized: options.isTlsUnchecked !== true,
          })
        : new HttpAgent({ keepAlive: true });
    this.#request = protocol === "https:" ? httpsRequest : httpRequest;
  }

  /** @throws CallerFailure, StalledError, or what the socket or TLS said */
  async ask(question: HttpQuestion, signal?: AbortSignal): Promise<HttpAnswer> {
    signal?.throwIfAborted();
    const { body } = question;
    const request = this.#request(question.url, {
      agent: this.#agent,
      method: question.method,
      headers: {
        "Accept-Encoding": "identity",
        ...(this.#options.userAgent === undefined ? {} : { "User-Agent": this.#options.userAgent }),
        ...this.#authorization(),
        ...question.headers,
        ...(body === undefined ? {} : { "Content-Length": sizeOfBody(body) }),
      },
    });
    request.on("error", () => {}); // Every failure comes out of `answered`, or of reading the answer.
    const ending = new Ending(request, this.#options, signal);
    const answered = answerOf(request);
    answered.catch(() => {}); // Awaited below, after the body.
    try {
      const isWhole = body === undefined || (await send(request, body, ending));
      if (isWhole) request.end();
      const response = await answered;
      ending.watch.progress();
      // A connection on which a body was left half-sent must never carry another request.
      if (!isWhole) response.once("end", () => request.destroy());
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        pieces: piecesOf(response, ending),
        discard: () => {
          ending.over();
          response.destroy();
        },
      };
    } catch (error) {
      request.destroy();
      throw ending.over() ?? error;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  /** What a server said, without the password: some repeat in an answer what they were asked. */
  concealed(text: string): string {
    const { password = "" } = this.#options;
    if (password === "") return text;
    const plain = Buffer.from(password).toString("latin1"); // as the bytes of an answer are taken
    const forms = [this.#credentials(), password, plain, encodeURIComponent(password)];
    return forms.reduce((told, form) => told.replaceAll(form, "***"), text);
  }

  #authorization(): Record<string, string> {
    const { user, password } = this.#options;
    return user === undefined && password === undefined ? {} : { Authorization: `Basic ${this.#credentials()}` };
  }

  #credentials(): string {
    const { user = "", password = "" } = this.#options;
    return Buffer.from(`${user}:${password}`).toString("base64");
  }
}

/** Why a request ends before its answer does, when that is our own doing: its signal, or no progress. */
class Ending {
  readonly watch: StallWatch;
  #reason: CallerFailure | StalledError | undefined;
  readonly #detach: () => void;

  constructor(request: ClientRequest, { clock, stalledMs }: HttpExchangeOptions, signal: AbortSignal | undefined) {
    const end = (reason: CallerFailure | StalledError) => {
      this.#reason ??= reason;
      request.destroy();
    };
    const onAbort = () => end(new CallerFailure("aborted", { cause: signal?.reason }));
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#detach = () => signal?.removeEventListener("abort", onAbort);
    this.watch = new StallWatch(clock, stalledMs, () => end(new StalledError(`no byte for ${stalledMs} ms`)));
  }

  /** Call when the exchange is over, either way. What ended it, if it was us. */
  over(): CallerFailure | StalledError | undefined {
    this.watch.stop();
    this.#detach();
    return this.#reason;
  }
}

async function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

/** Small enough that the watch sees progress on a slow line. */
const sendPieceBytes = 256 * 1024;

/** Stops as soon as the server has answered or hung up: it may refuse a body without reading it. False then. */
async function send(request: ClientRequest, body: Uint8Array | FileBody, { watch }: Ending): Promise<boolean> {
  const answeredOrGone = new AbortController();
  const stop = () => answeredOrGone.abort();
  request.once("response", stop).once("close", stop);
  watch.pause();
  for await (const piece of lastHeldBack(piecesOfCaller(body))) {
    for (let at = 0; at < piece.byteLength; at += sendPieceBytes) {
      if (answeredOrGone.signal.aborted) return false;
      watch.progress();
      if (!request.write(piece.subarray(at, at + sendPieceBytes))) {
        await once(request, "drain", { signal: answeredOrGone.signal }).catch(() => {});
      }
    }
    watch.pause();
  }
  watch.progress();
  return true;
}

/** The last piece comes only when the body has ended well: with its last byte sent, a server would store the file. */
async function* lastHeldBack(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (piece.byteLength === 0) continue;
    if (held !== undefined) yield held;
    held = piece;
  }
  if (held !== undefined) yield held;
}

async function* piecesOf(response: IncomingMessage, ending: Ending): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of response as AsyncIterable<Uint8Array>) {
      ending.watch.pause();
      yield piece;
      ending.watch.progress();
    }
  } catch (error) {
    throw ending.over() ?? error;
  } finally {
    ending.over();
  }
}
