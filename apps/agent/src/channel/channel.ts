import { HoldfastError, messageOf, minuteMs, secondMs, type Clock, type Log, type Random } from "@holdfast/base";
import { clientErrors } from "@holdfast/client";
import {
  agentPaths,
  channelMessageBytesMax,
  messageToAgent,
  type MessageFromAgent,
  type MessageToAgent,
} from "@holdfast/contract";
import { WebSocket, type RawData } from "ws";
import { connectionFailure } from "../connection-failure.ts";
import { agentErrors } from "../errors.ts";
import { tlsOptions, type ServerAccess } from "../server-access.ts";
import { backOffMs } from "./back-off.ts";

export type Hello = Extract<MessageFromAgent, { type: "hello" }>;
export type Welcome = Extract<MessageToAgent, { type: "welcome" }>;

/** What goes on at this end of the channel. */
export interface ChannelHandler {
  /** Said first on every connection: it tells what this part holds at that moment. */
  hello(): Hello;
  /** Connected; `send` works from now on. Called again after each reconnect. */
  up(welcome: Welcome): void;
  /** Not connected any more. */
  down(): void;
  received(message: Exclude<MessageToAgent, Welcome>): void;
  /** A frame that is no message of this version. */
  notUnderstood(frame: unknown): void;
}

export interface Channel {
  /** False when not connected: then nobody will ever hear it. */
  send(message: MessageFromAgent): boolean;
  readonly isConnected: boolean;
  /** Resolves at the first welcome; rejects when closed before it. */
  readonly ready: Promise<Welcome>;
  close(): Promise<void>;
}

const welcomeWithinMs = minuteMs / 2;
const closeWithinMs = 2 * secondMs;
/** Silence for this many heartbeats means that nobody is there, whatever TCP believes. */
const silentHeartbeats = 2;

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
  readonly #closing = new AbortController();
  readonly #ready = Promise.withResolvers<Welcome>();
  readonly #ended: Promise<void>;
  #socket: WebSocket | undefined;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#ready.promise.catch(() => {}); // a caller that never asks is not a failure
    this.#ended = this.#stayConnected();
  }

  get ready(): Promise<Welcome> {
    return this.#ready.promise;
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  send(message: MessageFromAgent): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  async close(): Promise<void> {
    this.#closing.abort(new HoldfastError(agentErrors.stopped, "Stopped before the server was reached."));
    await this.#ended;
    this.#ready.reject(this.#closing.signal.reason);
  }

  async #stayConnected(): Promise<void> {
    const { clock, random, log, access } = this.#options;
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted;) {
      const { wasUp, failure } = await this.#connectOnce();
      if (signal.aborted) return;
      failures = wasUp ? 1 : failures + 1;
      const waitMs = backOffMs(failures, random);
      log.warn("Not connected to the server; trying again.", {
        server: access.serverUrl,
        code: failure.code,
        because: failure.message,
        detail: failure.internal,
        waitMs: Math.round(waitMs),
      });
      await clock.sleep(waitMs, signal).catch(() => {});
    }
  }

  /** One connection from its beginning to its end. */
  async #connectOnce(): Promise<{ wasUp: boolean; failure: HoldfastError }> {
    const { access, handler, clock, log } = this.#options;
    const over = new AbortController();
    let welcomed = false;
    let lastHeardMs = clock.monotonicMs();
    let failure: unknown = new Error("the server closed the connection");

    const socket = new WebSocket(new URL(agentPaths.channel, access.serverUrl), {
      ...tlsOptions(access),
      maxPayload: channelMessageBytesMax,
      handshakeTimeout: welcomeWithinMs,
      perMessageDeflate: false,
      followRedirects: false,
    });
    const giveUp = (why: unknown) => {
      failure = why;
      socket.terminate();
    };
    const heard = () => (lastHeardMs = clock.monotonicMs());

    socket.on("open", () => {
      heard();
      socket.send(JSON.stringify(handler.hello()));
      const late = () => giveUp(new Error("the server did not answer the hello"));
      clock.sleep(welcomeWithinMs, over.signal).then(() => welcomed || late(), ignoreAbort);
    });
    socket.on("pong", heard);
    socket.on("ping", heard);
    socket.on("error", (error) => (failure = error));
    socket.on("unexpected-response", (request, response) => {
      request.destroy();
      giveUp(refusedUpgrade(access.serverUrl, response.statusCode ?? 0));
    });
    socket.on("message", (data, isBinary) => {
      heard();
      const frame = isBinary ? undefined : parseFrame(data);
      const parsed = messageToAgent.safeParse(frame);
      if (!parsed.success) return welcomed ? handler.notUnderstood(frame) : giveUp(new Error("no welcome came"));
      const message = parsed.data;
      if (message.type !== "welcome") {
        return welcomed ? handler.received(message) : giveUp(new Error("no welcome came"));
      }
      if (welcomed) return;
      welcomed = true;
      this.#socket = socket;
      log.info("Connected to the server.", { server: access.serverUrl });
      handler.up(message);
      this.#ready.resolve(message);
      const beatMs = Math.max(1, message.heartbeatSeconds) * secondMs;
      this.#beat(socket, beatMs, () => clock.monotonicMs() - lastHeardMs, giveUp, over.signal).catch(ignoreAbort);
    });

    const onClosing = () => {
      socket.close(1000);
      clock.sleep(closeWithinMs, over.signal).then(() => socket.terminate(), ignoreAbort);
    };
    this.#closing.signal.addEventListener("abort", onClosing, { once: true });
    if (this.#closing.signal.aborted) socket.terminate();
    await new Promise<void>((resolve) => socket.once("close", () => resolve()));
    this.#closing.signal.removeEventListener("abort", onClosing);
    over.abort(new Error("the connection ended"));
    this.#socket = undefined;
    if (welcomed) handler.down();
    return { wasUp: welcomed, failure: connectionFailure(access.serverUrl, failure) };
  }

  /** Says that we are there, asks whether the server is, and gives up on one that stays silent. */
  async #beat(
    socket: WebSocket,
    everyMs: number,
    silentMs: () => number,
    giveUp: (why: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(everyMs, signal);
      if (silentMs() > silentHeartbeats * everyMs) return giveUp(new Error("the server fell silent"));
      this.send({ type: "heartbeat" });
      socket.ping();
    }
  }
}

function refusedUpgrade(serverUrl: string, status: number): HoldfastError {
  return status === 401 || status === 403
    ? new HoldfastError(agentErrors.notWelcome, `${serverUrl} does not accept this part's certificate (${status}).`)
    : new HoldfastError(clientErrors.badAnswer, `${serverUrl} answered ${status} instead of opening the channel.`);
}

function parseFrame(data: RawData): unknown {
  try {
    return JSON.parse(data.toString());
  } catch (error) {
    return { notJson: messageOf(error) };
  }
}

/** Sleeps end this way when their connection does. */
function ignoreAbort(): void {}
