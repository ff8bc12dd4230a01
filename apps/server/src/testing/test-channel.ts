import { agentPaths, messageToAgent, type MessageFromAgent, type MessageToAgent } from "@holdfast/contract";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { testInventory } from "./parties.ts";
import type { TestPart } from "./running-server.ts";

type ToAgent<Type extends MessageToAgent["type"]> = Extract<MessageToAgent, { type: Type }>;

/** A part's end of a channel, as a test drives it. */
export interface TestChannel {
  send(message: MessageFromAgent): void;
  sendRaw(text: string): void;
  /** The next message of this type that has not been asked for; others stay for later. */
  next<Type extends MessageToAgent["type"]>(type: Type): Promise<ToAgent<Type>>;
  /** Messages that came and nobody asked for. */
  readonly unread: readonly MessageToAgent[];
  readonly closed: Promise<{ code: number }>;
  /** As a crash would end it. */
  terminate(): void;
  close(): Promise<void>;
}

const waitMsMax = 10_000;

/** Dials in and, unless told otherwise, says hello and waits to be welcomed. */
export async function openChannel(
  agentUrl: string,
  part: TestPart,
  hello: Partial<Extract<MessageFromAgent, { type: "hello" }>> | "silent" = {},
): Promise<TestChannel> {
  const socket = new WebSocket(new URL(agentPaths.channel, agentUrl.replace("https:", "wss:")), part.tls);
  const unread: MessageToAgent[] = [];
  const waiting: { type: string; resolve: (message: MessageToAgent) => void }[] = [];
  socket.on("message", (data) => {
    const message = messageToAgent.parse(JSON.parse(data.toString()));
    const at = waiting.findIndex((each) => each.type === message.type);
    if (at === -1) unread.push(message);
    else waiting.splice(at, 1)[0]!.resolve(message);
  });
  const closed = new Promise<{ code: number }>((resolve) => socket.once("close", (code) => resolve({ code })));
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  socket.on("error", () => {});
  const channel: TestChannel = {
    send: (message) => socket.send(JSON.stringify(message)),
    sendRaw: (text) => socket.send(text),
    next: async <Type extends MessageToAgent["type"]>(type: Type) => {
      const at = unread.findIndex((each) => each.type === type);
      if (at !== -1) return unread.splice(at, 1)[0] as ToAgent<Type>;
      return new Promise<ToAgent<Type>>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`no ${type} came`)), waitMsMax);
        waiting.push({
          type,
          resolve: (message) => {
            clearTimeout(late);
            resolve(message as ToAgent<Type>);
          },
        });
      });
    },
    unread,
    closed,
    terminate: () => socket.terminate(),
    close: async () => {
      socket.close();
      await closed;
    },
  };
  onTestFinished(() => socket.terminate());
  if (hello === "silent") return channel;
  const kinds = { device: ["assess", "prepare-vault", "backup"], keeper: ["replicate", "drill", "relay"], gateway: [] };
  channel.send({ type: "hello", inventory: testInventory, capabilities: kinds[part.kind], holding: [], ...hello });
  await channel.next("welcome");
  return channel;
}
