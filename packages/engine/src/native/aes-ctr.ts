import { createCipheriv } from "node:crypto";
import { equalBytes, KiB } from "@holdfast/base";
import { processLibrary, type ProcessLibrary } from "./process-library.ts";

/** AES-256-CTR with one key. Encrypting and decrypting are the same. */
export interface AesCtr {
  /**
   * @param nonce 16 bytes, the first counter block; it counts through all 128 bits
   * @param into as long as `from`; may be the same memory
   */
  apply(nonce: Uint8Array, from: Uint8Array, into: Uint8Array): void;
  /** Whether `from` decrypts to `expected`, found out in a small buffer: neither is copied as a whole. */
  leadsTo(nonce: Uint8Array, from: Uint8Array, expected: Uint8Array): boolean;
}

/** Small enough to stay in the processor's cache beside what it is compared with. */
const windowBytes = 64 * KiB;

export function nodeAesCtr(key: Uint8Array): AesCtr {
  return {
    apply: (nonce, from, into) => into.set(createCipheriv("aes-256-ctr", key, nonce).update(from)),
    leadsTo(nonce, from, expected) {
      const cipher = createCipheriv("aes-256-ctr", key, nonce);
      return isEqual(from, expected, (window) => cipher.update(window));
    },
  };
}

/** Compares window by window. @param decrypt gets the windows in order */
function isEqual(from: Uint8Array, expected: Uint8Array, decrypt: (window: Uint8Array) => Uint8Array): boolean {
  if (from.byteLength !== expected.byteLength) return false;
  for (let at = 0; at < from.byteLength; at += windowBytes) {
    const plain = decrypt(from.subarray(at, at + windowBytes));
    if (!equalBytes(plain, expected.subarray(at, at + windowBytes))) return false;
  }
  return true;
}

/** OpenSSL takes lengths as int. */
const callBytesMax = 2 ** 30;

/** A maker of ciphers with a context that serves all calls of a key; undefined where OpenSSL cannot be called. */
export const directAesCtr: ((key: Uint8Array) => AesCtr) | undefined = bind(processLibrary);

export const aesCtr: (key: Uint8Array) => AesCtr = directAesCtr ?? nodeAesCtr;

function bind(process: ProcessLibrary | undefined): ((key: Uint8Array) => AesCtr) | undefined {
  if (process === undefined) return undefined;
  const newContext = process.find("void *EVP_CIPHER_CTX_new()");
  const freeContext = process.find("void EVP_CIPHER_CTX_free(void *)");
  const init = process.find("int EVP_EncryptInit_ex(void *, void *, void *, const uint8_t *, const uint8_t *)");
  const update = process.find("int EVP_EncryptUpdate(void *, uint8_t *, int *, const uint8_t *, int)");
  const cipher = process.find("void *EVP_aes_256_ctr()")?.();
  if (!newContext || !freeContext || !init || !update || !cipher) return undefined;
  const forgotten = new FinalizationRegistry(freeContext); // which also overwrites the key in it
  const written = new Int32Array(1);
  const window = new Uint8Array(windowBytes);
  return (key) => {
    const context = newContext();
    if (context === null || init(context, cipher, null, key, null) !== 1) return nodeAesCtr(key);
    const begin = (nonce: Uint8Array) => {
      if (init(context, null, null, null, nonce) !== 1) throw new Error("OpenSSL refused a nonce");
    };
    const goOn = (from: Uint8Array, into: Uint8Array) => {
      if (update(context, into, written, from, from.byteLength) !== 1) throw new Error("OpenSSL refused to encrypt");
    };
    const aes: AesCtr = {
      apply(nonce, from, into) {
        if (into.byteLength < from.byteLength) throw new RangeError("there is no room for what is encrypted");
        begin(nonce);
        for (let at = 0; at < from.byteLength; at += callBytesMax)
          goOn(from.subarray(at, at + callBytesMax), into.subarray(at));
      },
      leadsTo(nonce, from, expected) {
        begin(nonce);
        return isEqual(from, expected, (part) => {
          goOn(part, window);
          return window.subarray(0, part.byteLength);
        });
      },
    };
    forgotten.register(aes, context);
    return aes;
  };
}
