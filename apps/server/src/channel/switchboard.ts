import type http from "node:http";
import type { Duplex } from "node:stream";
import { isFailure, messageOf } from "@holdfast/base";
import { agentPaths, channelMessageBytesMax, type RelayRequest } from "@holdfast/contract";
import { WebSocketServer } from "ws";
import type { PartReach } from "../app/relay.ts";
import { notFound, type Services } from "../app/services.ts";
import { authenticate } from "../authz/authenticate-party.ts";
import { serverErrors } from "../errors.ts";
import type { Change } from "../store/changes.ts";
import { closeCode, Connection } from "./connection.ts";

/** All channels of this server, by whom they belong to; one each, the newest. */
export class Switchboard implements PartReach {
  readonly #services: Services;
  readonly #connections = new Map<string, Connection>();
  readonly #running = new Set<Promise<void>>();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: channelMessageBytesMax,
    perMessageDeflate: false,
    clientTracking: false,
  });
  #closing = false;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Handles the upgrades that the agents' listener is asked for. */
  listenOn(server: http.Server): void {
    server.on("upgrade", (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on("error", () => socket.destroy());
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        const refused = isFailure(error, serverErrors.identityRefused) || isFailure(error, serverErrors.notFound);
        this.#services.log[refused ? "debug" : "error"]("a channel was refused", { because: messageOf(error) });
        const status = refused ? "401 Unauthorized" : "503 Service Unavailable";
        socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      });
    });
  }

  /** Tells whom it concerns of a committed change. */
  changed(change: Change | "missed"): void {
    if (change === "missed") return this.offerAll();
    if (change.about !== "run" || change.tell === undefined) return;
    const connection = this.#connections.get(change.executorId);
    if (change.tell === "cancel") connection?.send({ type: "cancel", runId: change.runId });
    else if (connection !== undefined) this.#offer(connection);
  }

  /** Offers all that waits to all who are here; safe at any time, since taking is what decides. */
  offerAll(): void {
    for (const connection of this.#connections.values()) this.#offer(connection);
  }

  sendRelay(identityId: string, request: RelayRequest): boolean {
    return this.#connections.get(identityId)?.send({ type: "relay", request }) ?? false;
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const connection of this.#connections.values()) connection.close(closeCode.goingAway, "the server stops");
    await Promise.all(this.#running);
  }

  async #upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (request.url !== agentPaths.channel) throw notFound("channel");
    if (this.#closing) throw new Error("the server stops");
    const party = await authenticate(this.#services, request);
    if (party.kind === "gateway") throw notFound("channel");
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection(this.#services, party, webSocket);
      this.#connections.get(party.identityId)?.close(closeCode.replaced, "connected again");
      this.#connections.set(party.identityId, connection);
      const running = connection
        .run()
        .catch((error: unknown) => this.#services.log.error("a channel failed", { because: messageOf(error) }))
        .finally(() => {
          this.#running.delete(running);
          if (this.#connections.get(party.identityId) === connection) this.#connections.delete(party.identityId);
        });
      this.#running.add(running);
    });
  }

  #offer(connection: Connection): void {
    connection.offer().catch((error: unknown) => {
      this.#services.log.warn("work could not be offered", { because: messageOf(error) });
    });
  }
}
