import { HoldfastError, messageOf, minuteMs, secondMs, type Clock } from "@holdfast/base";
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

export type Hello = Extract<MessageFromAgent, { type: "hello" }>;
export type Welcome = Extract<MessageToAgent, { type: "welcome" }>;

/** What is heard on one connection. */
export interface ConnectionHandler {
  /** Said as soon as the server can hear it. */
  hello(): Hello;
  /** Called once, before anything else is heard. */
  welcomed(welcome: Welcome): void;
  received(message: Exclude<MessageToAgent, Welcome>): void;
  /** A frame that is no message of this version; as JSON where it is that. */
  notUnderstood(frame: unknown): void;
}

const welcomeWithinMs = minuteMs / 2;
const closeWithinMs = 2 * secondMs;
/** Silence for this many heartbeats means that nobody is there, whatever TCP believes. */
const silentHeartbeats = 2;

/** One WebSocket to the server, from dialling to its end. It ends by itself when the server says nothing any more. */
export class Connection {
  /** Resolves with the reason when the connection is over, also when it never came about. */
  readonly ended: Promise<HoldfastError>;
  readonly #handler: ConnectionHandler;
  readonly #clock: Clock;
  readonly #socket: WebSocket;
  /** Ends the waiting that belongs to this connection. */
  readonly #over = new AbortController();
  #isWelcome = false;
  #heardAtMs: number;
  #failure: unknown = new Error("the server closed the connection");

  constructor(access: ServerAccess, handler: ConnectionHandler, clock: Clock) {
    this.#handler = handler;
    this.#clock = clock;
    this.#heardAtMs = clock.monotonicMs();
    this.#socket = new WebSocket(new URL(agentPaths.channel, access.serverUrl), {
      ...tlsOptions(access),
      maxPayload: channelMessageBytesMax,
      handshakeTimeout: welcomeWithinMs,
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.#socket.on("open", () => this.#sayHello());
    this.#socket.on("message", (data, isBinary) => this.#hear(isBinary ? undefined : parseFrame(data)));
    this.#socket.on("ping", () => this.#heard());
    this.#socket.on("pong", () => this.#heard());
    this.#socket.on("error", (error) => (this.#failure = error));
    this.#socket.on("unexpected-response", (request, response) => {
      request.destroy();
      this.#giveUp(refusedUpgrade(access.serverUrl, response.statusCode ?? 0));
    });
    this.ended = new Promise((resolve) => {
      this.#socket.once("close", () => {
        this.#over.abort(new Error("the connection is over"));
        resolve(connectionFailure(access.serverUrl, this.#failure));
      });
    });
  }

  get isWelcome(): boolean {
    return this.#isWelcome;
  }

  /** False when nobody can hear it. */
  send(message: MessageFromAgent): boolean {
    if (!this.#isWelcome || this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Says goodbye, and does not wait long for the answer. */
  close(): void {
    this.#socket.close(1000);
    this.#after(closeWithinMs, () => this.#socket.terminate());
  }

  #sayHello(): void {
    this.#heard();
    this.#socket.send(JSON.stringify(this.#handler.hello()));
    this.#after(welcomeWithinMs, () => {
      if (!this.#isWelcome) this.#giveUp(new Error("the server did not answer the hello"));
    });
  }

  #hear(frame: unknown): void {
    this.#heard();
    const { success, data: message } = messageToAgent.safeParse(frame);
    if (!this.#isWelcome) {
      if (!success || message.type !== "welcome") return this.#giveUp(new Error("no welcome came"));
      this.#isWelcome = true;
      this.#handler.welcomed(message);
      this.#beat(Math.max(1, message.heartbeatSeconds) * secondMs);
    } else if (!success) this.#handler.notUnderstood(frame);
    else if (message.type !== "welcome") this.#handler.received(message);
  }

  /** Says that we are there, asks whether the server is, and gives up on one that stays silent. */
  #beat(everyMs: number): void {
    this.#after(everyMs, () => {
      const silentMs = this.#clock.monotonicMs() - this.#heardAtMs;
      if (silentMs > silentHeartbeats * everyMs) return this.#giveUp(new Error("the server fell silent"));
      if (this.send({ type: "heartbeat" })) this.#socket.ping();
      this.#beat(everyMs);
    });
  }

  #heard(): void {
    this.#heardAtMs = this.#clock.monotonicMs();
  }

  #giveUp(why: unknown): void {
    this.#failure = why;
    this.#socket.terminate();
  }

  #after(ms: number, act: () => void): void {
    this.#clock.sleep(ms, this.#over.signal).then(act, () => {}); // the connection was over first
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
