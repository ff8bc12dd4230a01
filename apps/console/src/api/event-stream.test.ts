import { expect, test } from "vitest";
import { eventData, textOf } from "./event-stream.ts";

const stream =
  ': hello\n\nevent: change\nid: 7\ndata: {"a":1}\n\ndata:two\ndata: lines\n\ndata: crlf\r\n\r\n: beat\n\n';

async function* cutEvery(text: string, length: number) {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const held: Item[] = [];
  for await (const item of items) held.push(item);
  return held;
}

test("events come out whole however the network cuts them", async () => {
  for (const length of [1, 2, 3, 7, 1000]) {
    expect(await collect(eventData(cutEvery(stream, length)))).toEqual(['{"a":1}', "two\nlines", "crlf"]);
  }
});

test("an event without its end is not given, and one that never ends is refused", async () => {
  expect(await collect(eventData(cutEvery("data: half", 4)))).toEqual([]);
  await expect(collect(eventData(cutEvery(`data: ${"x".repeat(1_100_000)}`, 65_536)))).rejects.toThrow("too long");
});

test("characters cut in the middle by the network are put together", async () => {
  const bytes = new TextEncoder().encode("Überweisung 👍");
  async function* single() {
    for (const byte of bytes) yield Uint8Array.of(byte);
  }
  expect((await collect(textOf(single()))).join("")).toBe("Überweisung 👍");
});
