import { createCipheriv, createHash } from "node:crypto";

/**
 * The encryption of restic-format section 3.3, written a second time and from the text alone: what a test forges does
 * not go through the code it is to deceive, and each of the two proves the other.
 */

/** The parts of a key, as the 64 bytes hold them: 32 to encrypt with, then `k` and `r` of Poly1305-AES. */
export interface RawKey {
  readonly encrypt: Buffer;
  readonly k: Buffer;
  readonly r: Buffer;
}

export function rawKey(bytes: Uint8Array): RawKey {
  const all = Buffer.from(bytes);
  return { encrypt: all.subarray(0, 32), k: all.subarray(32, 48), r: all.subarray(48, 64) };
}

/** @param nonce 16 bytes */
export function sealed(key: RawKey, nonce: Uint8Array, plain: Uint8Array): Buffer {
  const cipherText = createCipheriv("aes-256-ctr", key.encrypt, nonce).update(plain);
  return Buffer.concat([nonce, cipherText, tagOf(key, nonce, cipherText)]);
}

/** @throws Error when the tag does not fit */
export function opened(key: RawKey, stored: Uint8Array): Buffer {
  const bytes = Buffer.from(stored);
  const nonce = bytes.subarray(0, 16);
  const cipherText = bytes.subarray(16, -16);
  if (!tagOf(key, nonce, cipherText).equals(bytes.subarray(-16))) throw new Error("the tag does not fit");
  return createCipheriv("aes-256-ctr", key.encrypt, nonce).update(cipherText); // encrypting is decrypting
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const prime = (1n << 130n) - 5n;
const clamp = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

/** Poly1305 over the cipher text, with AES-128 of the nonce added at the end. */
function tagOf(key: RawKey, nonce: Uint8Array, cipherText: Uint8Array): Buffer {
  const r = littleEndian(key.r) & clamp;
  let sum = 0n;
  for (let at = 0; at < cipherText.length; at += 16) {
    const block = cipherText.subarray(at, at + 16);
    sum = ((sum + littleEndian(block) + (1n << BigInt(8 * block.length))) * r) % prime;
  }
  const s = createCipheriv("aes-128-ecb", key.k, null).setAutoPadding(false).update(nonce);
  const tag = (sum + littleEndian(s)) & ((1n << 128n) - 1n);
  return Buffer.from(Buffer.from(tag.toString(16).padStart(32, "0"), "hex").toReversed());
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(Uint8Array.from(bytes).toReversed()).toString("hex")}`);
}
