import { seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { jsonElements } from "./json-elements.ts";

const seed = 4711;

describe(`elements of a JSON array (seed ${seed})`, () => {
  const random = seededRandom(seed);

  async function* cutAnywhere(text: string): AsyncGenerator<Uint8Array> {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) {
      const length = random.below(5);
      yield bytes.subarray(at, at + length);
      at += length;
    }
  }

  test("come out the same however the bytes are cut", async () => {
    const values = [
      { name: 'a]}[{,"\\', size: 1 },
      [],
      [[1, [2]], {}],
      'text with \\ and " and ü and 🙂',
      -1.5e3,
      null,
      true,
      { nested: { deeply: [{ name: '\\\\"' }] } },
    ];
    for (const text of [JSON.stringify(values), ` \n${JSON.stringify(values, null, 2)}\t `]) {
      for (let round = 0; round < 50; round += 1) {
        expect(await Array.fromAsync(jsonElements(cutAnywhere(text)))).toEqual(values);
      }
    }
  });

  test("of an empty array are none", async () => {
    for (const text of ["[]", " [ ] \n"]) expect(await Array.fromAsync(jsonElements(cutAnywhere(text)))).toEqual([]);
  });

  test("what is not one whole array is refused", async () => {
    const texts = [
      "",
      " ",
      "{}",
      "null",
      "[",
      "[1",
      "[1,",
      "[1,]",
      "[,1]",
      "[1 2]",
      "[1}",
      "[{]",
      "[1]]",
      "[1][2]",
      '["a]',
      "<html>",
    ];
    for (const text of texts) {
      await expect(Array.fromAsync(jsonElements(cutAnywhere(text)))).rejects.toBeInstanceOf(SyntaxError);
    }
    const notUtf8 = (async function* () {
      yield new Uint8Array([0x5b, 0x22, 0xff, 0x22, 0x5d]);
    })();
    await expect(Array.fromAsync(jsonElements(notUtf8))).rejects.toBeInstanceOf(SyntaxError);
  });

  test("an element without end does not fill the memory", async () => {
    let sent = 0;
    const endless = (async function* () {
      yield new TextEncoder().encode('["');
      for (;;) {
        sent += 1;
        yield new Uint8Array(16 * 1024).fill(0x61);
      }
    })();
    await expect(Array.fromAsync(jsonElements(endless))).rejects.toBeInstanceOf(SyntaxError);
    expect(sent).toBeLessThan(10);
  });
});
