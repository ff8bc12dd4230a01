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
 * @param into gets `plain.byteLength + 32` bytes, exactly as long as it is
 * @see restic-format.md section 3.3
 */
export function sealInto(key: MasterKey, nonce: Uint8Array, plain: Uint8Array, into: Uint8Array): void {
  const end = nonceBytes + plain.byteLength;
  assert(into.byteLength === end + tagBytes, "a sealed text is 32 bytes longer than its plain text");
  const cipherText = into.subarray(nonceBytes, end);
  into.set(nonce, 0);
  key.crypt(nonce, plain, cipherText);
  sodium.crypto_onetimeauth(asBuffer(into.subarray(end)), asBuffer(cipherText), key.oneTimeKey(nonce));
}

/** As `sealInto`, in a new array. */
export function seal(key: MasterKey, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
  const sealed = Buffer.allocUnsafeSlow(plain.byteLength + sealOverheadBytes);
  sealInto(key, nonce, plain, sealed);
  return sealed;
}

/**
 * The plain text of what `seal` made. The tag is checked, in constant time, before anything is decrypted.
 * @param into gets the plain text, 32 bytes shorter than `sealed`
 * @throws SealBrokenError
 */
export function openInto(key: MasterKey, sealed: Uint8Array, into: Uint8Array): void {
  checkTag(key, sealed);
  key.crypt(sealed.subarray(0, nonceBytes), sealed.subarray(nonceBytes, sealed.byteLength - tagBytes), into);
}

/** Whether a seal holds what was sealed, without decrypting it. @throws SealBrokenError when it does not */
export function checkTag(key: MasterKey, sealed: Uint8Array): void {
  if (sealed.byteLength < sealOverheadBytes) throw new SealBrokenError("shorter than a nonce and a tag");
  const end = sealed.byteLength - tagBytes;
  const tag = asBuffer(sealed.subarray(end));
  const cipherText = asBuffer(sealed.subarray(nonceBytes, end));
  if (!sodium.crypto_onetimeauth_verify(tag, cipherText, key.oneTimeKey(sealed.subarray(0, nonceBytes))))
    throw new SealBrokenError("the authentication tag does not fit");
}

/** Whether a seal decrypts to `plain`; its tag is not looked at. */
export function decryptsTo(key: MasterKey, sealed: Uint8Array, plain: Uint8Array): boolean {
  const cipherText = sealed.subarray(nonceBytes, sealed.byteLength - tagBytes);
  return key.leadsTo(sealed.subarray(0, nonceBytes), cipherText, plain);
}

/** As `openInto`, in a new array. @throws SealBrokenError */
export function open(key: MasterKey, sealed: Uint8Array): Uint8Array {
  const plain = Buffer.allocUnsafeSlow(Math.max(0, sealed.byteLength - sealOverheadBytes));
  openInto(key, sealed, plain);
  return plain;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
