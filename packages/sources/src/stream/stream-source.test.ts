import type { SourceDirectory, SourceStream } from "@holdfast/engine";
import { describe, expect, test } from "vitest";
import { streamSource } from "./stream-source.ts";

const time = { ns: 1_577_934_245_000_000_000n, offsetS: 0 };

async function* piecesOf(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** The way to the stream, as names, and the stream. */
async function openStream(directory: SourceDirectory, above = ""): Promise<{ path: string; stream: SourceStream }> {
  const [entry, ...more] = [...directory.entries()];
  expect(more).toEqual([]);
  if (entry?.kind === "directory") return openStream(entry.open(), `${above}${entry.node.name}/`);
  if (entry?.kind !== "stream") return expect.unreachable();
  return { path: `${above}${entry.node.name}`, stream: await entry.open() };
}

async function readAll(stream: SourceStream, bytesAtOnce: number): Promise<string> {
  const pieces: Buffer[] = [];
  const into = Buffer.alloc(bytesAtOnce);
  for (let length = await stream.read(into); length > 0; length = await stream.read(into)) {
    pieces.push(Buffer.from(into.subarray(0, length)));
  }
  return Buffer.concat(pieces).toString();
}

test.each([
  ["dump.sql", "/dump.sql"],
  ["/db/./all/../dump.sql", "/db/dump.sql"],
])("%s stands where it says, with the time it was given", async (filename, target) => {
  const source = streamSource({ filename, time, content: piecesOf("x") });
  expect(source.targets).toEqual([target]);
  const { path, stream } = await openStream(await source.open());
  expect(`/${path}`).toBe(target);
  expect(stream.node).toMatchObject({ mtime: time, ctime: time, mode: 0o644, type: "file" });
});

test.each(["", "/", "..", "folder/", "a\0b"])("%j is no name", (filename) => {
  expect(() => streamSource({ filename, time, content: piecesOf("x") })).toThrow(
    expect.objectContaining({ code: "SOURCE_BAD_NAME" }),
  );
});

test.each([1, 3, 100])("the bytes come out as they went in, %i at a time", async (bytesAtOnce) => {
  const source = streamSource({ filename: "f", time, content: piecesOf("one", "", "two", "three") });
  const { stream } = await openStream(await source.open());
  expect(await readAll(stream, bytesAtOnce)).toBe("onetwothree");
  expect(source.failed?.aborted).toBe(false);
});

describe("the whole source has failed", () => {
  test("when its bytes break off, with the reason", async () => {
    const why = new Error("the command ended with code 3");
    const content = (async function* () {
      yield Buffer.from("half");
      throw why;
    })();
    const source = streamSource({ filename: "f", time, content });
    const { stream } = await openStream(await source.open());
    await expect(readAll(stream, 100)).rejects.toBe(why);
    expect(source.failed?.reason).toBe(why);
  });

  test("when somebody gives up waiting for bytes that never come", async () => {
    const stop = new AbortController();
    const content = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const source = streamSource({ filename: "f", time, content });
    const { stream } = await openStream(await source.open(stop.signal));
    const reading = stream.read(Buffer.alloc(10));
    stop.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
  });

  test("when nothing came at all", async () => {
    const source = streamSource({ filename: "f", time, content: piecesOf("", "") });
    const { stream } = await openStream(await source.open());
    await expect(readAll(stream, 100)).rejects.toThrow(expect.objectContaining({ code: "SOURCE_EMPTY" }));
    expect(source.failed?.aborted).toBe(true);
  });
});
