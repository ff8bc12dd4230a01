import { expect, test } from "vitest";
import { newReaderKey, openAnswer, sealAnswer } from "./sealed-relay.ts";

const describeFailure = () => ({
  code: "TEST_FAILED",
  message: "the disk went away",
  cure: "try again",
});

async function* piecesOf(...pieces: Uint8Array[]) {
  yield* pieces;
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const held: Uint8Array[] = [];
  for await (const piece of pieces) held.push(piece);
  return Buffer.concat(held);
}

/** The wire bytes cut into pieces of any length, as a network would. */
async function* cutEvery(bytes: Uint8Array, length: number) {
  for (let at = 0; at < bytes.byteLength; at += length) yield bytes.subarray(at, at + length);
}

test("what a keeper seals, only the reader who asked can open, however the network cuts it", async () => {
  const reader = await newReaderKey();
  const content = Buffer.alloc(200_000, "a line of a restored file\n");
  const wire = await collect(sealAnswer(reader.publicKey, piecesOf(content), describeFailure));
  expect(wire.includes("restored file")).toBe(false);
  for (const length of [1_000_000, 4096, 7]) {
    expect((await collect(openAnswer(reader, cutEvery(wire, length)))).equals(content)).toBe(true);
  }
  const another = await newReaderKey();
  await expect(collect(openAnswer(another, cutEvery(wire, 4096)))).rejects.toMatchObject({
    code: "RELAY_BROKEN",
  });
});

test("an answer that is cut off anywhere, or altered in any byte of a frame, is refused", async () => {
  const reader = await newReaderKey();
  const wire = await collect(sealAnswer(reader.publicKey, piecesOf(Buffer.from("short file")), describeFailure));
  for (let length = 0; length < wire.byteLength; length += 1) {
    await expect(collect(openAnswer(reader, cutEvery(wire.subarray(0, length), 64)))).rejects.toMatchObject({
      code: "RELAY_BROKEN",
    });
  }
  for (let at = 0; at < wire.byteLength; at += 1) {
    const altered = Buffer.from(wire);
    altered[at]! ^= 1;
    await expect(collect(openAnswer(reader, cutEvery(altered, 64)))).rejects.toMatchObject({
      code: "RELAY_BROKEN",
    });
  }
});

test("a failure on the keeper's side reaches the reader with its code, after the bytes before it", async () => {
  const reader = await newReaderKey();
  async function* failing() {
    yield Buffer.from("first part");
    throw new Error("EIO /dev/secret-path");
  }
  const wire = await collect(sealAnswer(reader.publicKey, failing(), describeFailure));
  await expect(collect(openAnswer(reader, piecesOf(wire)))).rejects.toMatchObject({
    code: "TEST_FAILED",
    message: "the disk went away",
  });
});
