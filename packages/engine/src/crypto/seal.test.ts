import { createCipheriv } from "node:crypto";
import { fromHex, systemRandom, toHex } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MasterKey } from "./master-key.ts";
import { SealBrokenError, newNonce, nonceBytes, open, seal, sealOverheadBytes } from "./seal.ts";

const random = seededRandom("seal");
const key = MasterKey.generate(random);

function keyFrom(encrypt: string, k: string, r: string): MasterKey {
  return new MasterKey(fromHex(encrypt + k + r));
}

test("a file that restic sealed opens", () => {
  const resticKey = keyFrom(
    "303e8687b1d7db18421bdc6bb8588ccadac4d59ee87b8ff70c44e635790cafef",
    "ef4d8824cb80b2bcc5fbff8a9b12a42c",
    "cc8d4b948ee0ebfe1d415de921d10353",
  );
  const sealed = fromHex(
    "69fb41c62d12def4593bd71757138606338f621aeaeb39da0fe4f99233f8037a54ea63338a813bcf3f75d8c3cc75dddf8750",
  );
  expect(Buffer.from(open(resticKey, sealed)).toString()).toBe("Dies ist ein Test!");
  expect(toHex(seal(resticKey, sealed.subarray(0, nonceBytes), Buffer.from("Dies ist ein Test!")))).toBe(toHex(sealed));
});

// D. J. Bernstein, The Poly1305-AES message-authentication code, appendix B.
test.each([
  [
    "ec074c835580741701425b623235add6",
    "851fc40c3467ac0be05cc20404f3f700",
    "fb447350c4e868c52ac3275cf9d4327e",
    "f3f6",
    "f4c633c3044fc145f84f335cb81953de",
  ],
  [
    "75deaa25c09f208e1dc4ce6b5cad3fbf",
    "a0f3080000f46400d0c7e9076c834403",
    "61ee09218d29b0aaed7e154a2c5509cc",
    "",
    "dd3fab2251f11ac759f0887129cc2ee7",
  ],
])("the tag is Poly1305-AES: k %s", (k, r, nonce, cipherText, tag) => {
  const vectorKey = keyFrom("01".repeat(32), k, r);
  // The vectors give the text that is authenticated, so it is decrypted first to become that text when sealed.
  const plain = createCipheriv("aes-256-ctr", vectorKey.encryptKey, fromHex(nonce)).update(fromHex(cipherText));
  expect(toHex(seal(vectorKey, fromHex(nonce), plain))).toBe(nonce + cipherText + tag);
});

test("the counter carries through all 128 bits", () => {
  const nonce = new Uint8Array(16).fill(0xff);
  const sealed = seal(key, nonce, new Uint8Array(32));
  const zeroCounter = createCipheriv("aes-256-ctr", key.encryptKey, new Uint8Array(16)).update(new Uint8Array(16));
  expect(toHex(sealed.subarray(32, 48))).toBe(toHex(zeroCounter));
});

test("what was sealed opens again, 32 bytes shorter", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (plain) => {
      const sealed = seal(key, newNonce(systemRandom), plain);
      expect(sealed.byteLength).toBe(plain.byteLength + sealOverheadBytes);
      expect(toHex(open(key, sealed))).toBe(toHex(plain));
    }),
    { seed: 4711 },
  );
});

describe("nothing altered opens:", () => {
  const sealed = seal(key, newNonce(random), Buffer.from("every bit of this counts"));

  test("any single flipped bit", () => {
    for (let bit = 0; bit < sealed.byteLength * 8; bit += 1) {
      const flipped = new Uint8Array(sealed);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => open(key, flipped)).toThrow(SealBrokenError);
    }
  });

  test("any shortening", () => {
    for (let length = 0; length < sealed.byteLength; length += 1)
      expect(() => open(key, sealed.subarray(0, length))).toThrow(SealBrokenError);
  });

  test("another key", () => {
    expect(() => open(MasterKey.generate(random), sealed)).toThrow(SealBrokenError);
  });
});

test("a nonce never comes twice", () => {
  const seen = new Set(Array.from({ length: 200_000 }, () => toHex(newNonce(systemRandom))));
  expect(seen.size).toBe(200_000);
});

test("a dead random generator stops the work instead of sealing with a zero nonce", () => {
  expect(() => newNonce({ bytes: (count) => new Uint8Array(count) })).toThrow(/random generator/);
});
