import { createCipheriv } from "node:crypto";
import { processLibrary, type ProcessLibrary } from "./process-library.ts";

/** AES-256-CTR with one key. Encrypting and decrypting are the same. */
export interface AesCtr {
  /**
   * @param nonce 16 bytes, the first counter block; it counts through all 128 bits
   * @param into as long as `from`; may be the same memory
   */
  apply(nonce: Uint8Array, from: Uint8Array, into: Uint8Array): void;
}

export function nodeAesCtr(key: Uint8Array): AesCtr {
  return {
    apply: (nonce, from, into) => into.set(createCipheriv("aes-256-ctr", key, nonce).update(from)),
  };
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
  return (key) => {
    const context = newContext();
    if (context === null || init(context, cipher, null, key, null) !== 1) return nodeAesCtr(key);
    const aes: AesCtr = {
      apply(nonce, from, into) {
        if (into.byteLength < from.byteLength) throw new RangeError("there is no room for what is encrypted");
        if (init(context, null, null, null, nonce) !== 1) throw new Error("OpenSSL refused a nonce");
        for (let at = 0; at < from.byteLength; at += callBytesMax) {
          const part = from.subarray(at, at + callBytesMax);
          if (update(context, into.subarray(at), written, part, part.byteLength) !== 1)
            throw new Error("OpenSSL refused to encrypt");
        }
      },
    };
    forgotten.register(aes, context);
    return aes;
  };
}
