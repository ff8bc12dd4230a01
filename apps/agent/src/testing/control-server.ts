import { once } from "node:events";
import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import {
  agentPaths,
  enrolment,
  messageFromAgent,
  type Enrolment,
  type MessageFromAgent,
  type MessageToAgent,
} from "@holdfast/contract";
import { testAuthority, type TestAuthority } from "./authority.ts";

type Named<Type extends MessageFromAgent["type"]> = Extract<MessageFromAgent, { type: Type }>;

/** One connection of a part, seen from the server. */
export interface ControlConnection {
  /** What came first. */
  readonly hello: Named<"hello">;
  readonly identityId: string;
  send(message: MessageToAgent): void;
  /** Any text, for what no server of this version says. */
  sendText(text: string): void;
  /** The next message of this type that nobody has asked for yet, waiting for it if need be. */
  next<Type extends MessageFromAgent["type"]>(type: Type): Promise<Named<Type>>;
  /** Every message so far. */
  readonly received: readonly MessageFromAgent[];
  /** Breaks off as a network does, without a word. */
  cut(): void;
  /** Says and reads nothing any more, not even what a WebSocket answers by itself. */
  freeze(): void;
}

/** The agents' listener of a server, as small as the protocol allows and spoken by the test itself, over real TLS. */
export interface ControlServer {
  readonly url: string;
  readonly authority: TestAuthority;
  /** Accepted once each. */
  readonly tokens: Set<string>;
  readonly enrolments: readonly Enrolment[];
  /** Bodies posted to relays, by relay id. */
  readonly relayed: ReadonlyMap<string, Promise<Buffer>>;
  /** The next connection, after its hello; a welcome is on its way to it. */
  connection(): Promise<ControlConnection>;
  /** Refuses the channel to everybody with this HTTP status; undefined lets them in again. */
  refuseWith: number | undefined;
  /** Whether outcomes are acknowledged as they come, rather than by the test. */
  isAcknowledging: boolean;
  /** Whether a welcome answers the hello. */
  isWelcoming: boolean;
}

export async function controlServer(options: { heartbeatSeconds?: number; leaseSeconds?: number } = {}) {
  const authority = await testAuthority();
  const tls = await authority.serverCertificate("127.0.0.1");
  const relayed = new Map<string, Promise<Buffer>>();
  const enrolments: Enrolment[] = [];
  const connections = new Mailbox<ControlConnection>();
  const server = createServer({ ...tls, ca: authority.caPem, requestCert: true, rejectUnauthorized: false });
  const channel = new WebSocketServer({ noServer: true });
  const control = {
    url: "",
    authority,
    tokens: new Set<string>(),
    enrolments,
    relayed,
    connection: () => connections.take(),
    refuseWith: undefined as number | undefined,
    isAcknowledging: true,
    isWelcoming: true,
  } satisfies ControlServer;

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const answer = (status: number, body?: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body === undefined ? "" : JSON.stringify(body));
    };
    const relayId = request.url?.startsWith(agentPaths.relay("")) && request.url.slice(agentPaths.relay("").length);
    if (request.url === agentPaths.enrolment) {
      enrol(request, control, enrolments).then(
        (body) => answer(200, body),
        (error: unknown) => answer(403, { code: "TOKEN_REFUSED", message: String(error), cure: "Make another token." }),
      );
    } else if (relayId && isKnown(request)) {
      const body = bodyOf(request);
      relayed.set(relayId, body);
      body.then(
        () => answer(204),
        () => answer(400),
      );
    } else answer(404);
  });

  server.on("upgrade", (request, socket, head) => {
    const status = control.refuseWith ?? (isKnown(request) ? undefined : 401);
    if (status !== undefined) return void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    channel.handleUpgrade(request, socket, head, (opened) => {
      const identityId = (request.socket as TLSSocket).getPeerCertificate().subject.CN;
      const connection = new Connection(opened, String(identityId));
      opened.on("message", () => {
        const message = connection.received.at(-1);
        if (message?.type !== "finished" || !control.isAcknowledging) return;
        connection.send({ type: "acknowledged", runId: message.runId });
      });
      opened.once("message", () => {
        if (control.isWelcoming) {
          connection.send({
            type: "welcome",
            identityId: connection.identityId,
            serverTime: new Date().toISOString(),
            leaseSeconds: options.leaseSeconds ?? 60,
            heartbeatSeconds: options.heartbeatSeconds ?? 30,
          });
        }
        connections.put(connection);
      });
    });
  });

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  control.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(async () => {
    for (const opened of channel.clients) opened.terminate();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return control as ControlServer;
}

async function enrol(request: IncomingMessage, control: ControlServer, enrolments: Enrolment[]) {
  const asked = enrolment.parse(JSON.parse((await bodyOf(request)).toString()));
  if (!control.tokens.delete(asked.token)) throw new Error("the token is used up or unknown");
  enrolments.push(asked);
  const identityId = crypto.randomUUID();
  const issued = await control.authority.clientCertificate(asked.certificateRequestPem, identityId);
  return { identityId, caPem: control.authority.caPem, ...issued };
}

function isKnown(request: IncomingMessage): boolean {
  return (request.socket as TLSSocket).authorized;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
}

class Connection implements ControlConnection {
  readonly identityId: string;
  readonly received: MessageFromAgent[] = [];
  readonly #socket: WebSocket;
  readonly #unread = new Map<string, Mailbox<MessageFromAgent>>();

  constructor(socket: WebSocket, identityId: string) {
    this.identityId = identityId;
    this.#socket = socket;
    socket.on("message", (data) => {
      const message = messageFromAgent.parse(JSON.parse(data.toString()));
      this.received.push(message);
      this.#mailbox(message.type).put(message);
    });
  }

  get hello(): Named<"hello"> {
    return this.received[0] as Named<"hello">;
  }

  send(message: MessageToAgent): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  async next<Type extends MessageFromAgent["type"]>(type: Type): Promise<Named<Type>> {
    return (await this.#mailbox(type).take()) as Named<Type>;
  }

  cut(): void {
    this.#socket.terminate();
  }

  freeze(): void {
    this.#socket.pause();
  }

  #mailbox(type: string): Mailbox<MessageFromAgent> {
    const mailbox = this.#unread.get(type) ?? new Mailbox<MessageFromAgent>();
    this.#unread.set(type, mailbox);
    return mailbox;
  }
}

/** Hands things over in order; who takes too early waits. */
class Mailbox<Thing> {
  readonly #things: Thing[] = [];
  readonly #takers: ((thing: Thing) => void)[] = [];

  put(thing: Thing): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#things.push(thing);
    else taker(thing);
  }

  take(): Promise<Thing> {
    const thing = this.#things.shift();
    if (thing !== undefined) return Promise.resolve(thing);
    return new Promise((resolve) => this.#takers.push(resolve));
  }
}
