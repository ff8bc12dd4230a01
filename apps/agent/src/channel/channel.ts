import { HoldfastError, type Clock, type Log, type Random } from "@holdfast/base";
import type { MessageFromAgent } from "@holdfast/contract";
import { agentErrors } from "../errors.ts";
import type { ServerAccess } from "../server-access.ts";
import { backOffMs } from "./back-off.ts";
import { Connection, type ConnectionHandler, type Welcome } from "./connection.ts";

/** What goes on at this end of the channel. `hello` and `welcomed` are called anew for each connection. */
export interface ChannelHandler extends ConnectionHandler {
  /** Not connected any more, after a welcome. */
  lost(): void;
}

export interface Channel {
  /** False when not connected: then nobody will ever hear it. */
  send(message: MessageFromAgent): boolean;
  readonly isConnected: boolean;
  /** Resolves at the first welcome; rejects when closed before it. */
  readonly ready: Promise<Welcome>;
  close(): Promise<void>;
}

interface ChannelOptions {
  readonly access: ServerAccess;
  readonly handler: ChannelHandler;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Dials out to the server and stays connected, come what may, until it is closed. */
export function openChannel(options: ChannelOptions): Channel {
  return new DialledChannel(options);
}

class DialledChannel implements Channel {
  readonly #options: ChannelOptions;
  readonly #handler: ConnectionHandler;
  readonly #closing = new AbortController();
  readonly #ready = Promise.withResolvers<Welcome>();
  readonly #ended: Promise<void>;
  #connection: Connection | undefined;

  constructor(options: ChannelOptions) {
    const { handler, log, access } = options;
    this.#options = options;
    this.#handler = {
      ...handler,
      welcomed: (welcome) => {
        log.info("Connected to the server.", { server: access.serverUrl });
        handler.welcomed(welcome);
        this.#ready.resolve(welcome);
      },
    };
    this.#ready.promise.catch(() => {}); // a channel may be closed before anybody asked whether it is ready
    this.#ended = this.#stayConnected();
  }

  get ready(): Promise<Welcome> {
    return this.#ready.promise;
  }

  get isConnected(): boolean {
    return this.#connection?.isWelcome === true;
  }

  send(message: MessageFromAgent): boolean {
    return this.#connection?.send(message) === true;
  }

  async close(): Promise<void> {
    this.#closing.abort(new HoldfastError(agentErrors.stopped, "Stopped before the server was reached."));
    this.#connection?.close();
    await this.#ended;
    this.#ready.reject(this.#closing.signal.reason);
  }

  async #stayConnected(): Promise<void> {
    const { access, clock, random, log, handler } = this.#options;
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      this.#connection = new Connection(access, this.#handler, clock);
      const { code, message, internal } = await this.#connection.ended;
      const { isWelcome: wasWelcome } = this.#connection;
      this.#connection = undefined;
      if (wasWelcome) handler.lost();
      if (signal.aborted) return;
      failures = wasWelcome ? 1 : failures + 1;
      const waitMs = Math.round(backOffMs(failures, random));
      const what = { server: access.serverUrl, code, because: message, detail: internal, waitMs };
      log.warn("Not connected to the server; trying again.", what);
      await clock.sleep(waitMs, signal).catch(() => {});
    }
  }
}
