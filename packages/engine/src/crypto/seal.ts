import { createCipheriv, createDecipheriv } from "node:crypto";
import { type Random, assert } from "@holdfast/base";
import sodium from "sodium-native";
import type { MasterKey } from "./master-key.ts";

export const nonceBytes = 16;
const tagBytes = sodium.crypto_onetimeauth_BYTES;
/** How much longer a sealed text is than its plain text: nonce in front, tag behind. */
export const sealOverheadBytes = nonceBytes + tagBytes;

/** The tag does not fit: other key, or the bytes are not those that were written. */
export class SealBrokenError extends Error {
  constructor(why: string) {
    super(why);
    this.name = "SealBrokenError";
  }
}

/**
 * Encrypts and authenticates: nonce, AES-256-CTR of `plain`, Poly1305-AES tag over the cipher text.
 *
 * @param nonce 16 bytes that this key has never been used with; take `newNonce`
 * @returns `plain.byteLength + 32` bytes in a new array
 * @see restic-format.md section 3.3
 */
export function seal(key: MasterKey, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  const sealed = Buffer.allocUnsafeSlow(plain.byteLength + sealOverheadBytes);
  sealed.set(nonce, 0);
  sealed.set(createCipheriv("aes-256-ctr", key.encryptKey, nonce).update(plain), nonceBytes);
  const cipherText = sealed.subarray(nonceBytes, nonceBytes + plain.byteLength);
  const tag = sealed.subarray(nonceBytes + plain.byteLength);
  sodium.crypto_onetimeauth(tag, cipherText, key.oneTimeKey(nonce));
  return sealed;
}

/**
 * The plain text of what `seal` made. The tag is checked, in constant time, before anything is decrypted.
 * @throws SealBrokenError
 */
export function open(key: MasterKey, sealed: Uint8Array): Uint8Array {
  if (sealed.byteLength < sealOverheadBytes) throw new SealBrokenError("shorter than a nonce and a tag");
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const nonce = bytes.subarray(0, nonceBytes);
  const cipherText = bytes.subarray(nonceBytes, bytes.byteLength - tagBytes);
  const tag = bytes.subarray(bytes.byteLength - tagBytes);
  if (!sodium.crypto_onetimeauth_verify(tag, cipherText, key.oneTimeKey(nonce)))
    throw new SealBrokenError("the authentication tag does not fit");
  return createDecipheriv("aes-256-ctr", key.encryptKey, nonce).update(cipherText);
}

/** 16 random bytes. Their number makes a repeat as good as impossible; all zero is what a dead generator gives. */
export function newNonce(random: Random): Uint8Array {
  const nonce = random.bytes(nonceBytes);
  assert(
    nonce.some((byte) => byte !== 0),
    "the random generator works",
  );
  return nonce;
}
