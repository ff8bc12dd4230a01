import { createCipheriv, hkdfSync, type Cipheriv } from "node:crypto";
import type { Random } from "@holdfast/base";
import { aesCtr, type AesCtr } from "../native/aes-ctr.ts";

const encryptKeyBytes = 32;
const macKeyBytes = 16;
export const masterKeyBytes = encryptKeyBytes + 2 * macKeyBytes;

/**
 * The 64 secret bytes that a repository is encrypted with: 32 for AES-256-CTR, then 16 (`k`) and 16 (`r`) for
 * Poly1305-AES. The bytes are private, so that logging or serialising one by accident shows nothing.
 *
 * @see restic design.rst "Keys, Encryption and MAC"
 */
export class MasterKey {
  readonly #bytes: Buffer;
  /** AES-128-ECB keeps no state between blocks, so one cipher serves every nonce of this key. */
  readonly #nonceCipher: Cipheriv;
  readonly #aes: AesCtr;

  /**
   * @param bytes 64 bytes, copied
   * @throws Error when a part is missing or all zero, as a key read from a damaged file would be
   */
  constructor(bytes: Uint8Array) {
    if (bytes.byteLength !== masterKeyBytes) throw new Error(`a master key has ${masterKeyBytes} bytes`);
    this.#bytes = Buffer.from(bytes);
    for (const part of [this.encryptKey, this.macK, this.macR]) {
      if (part.every((byte) => byte === 0)) throw new Error("a part of the master key is all zero");
    }
    this.#nonceCipher = createCipheriv("aes-128-ecb", this.macK, null).setAutoPadding(false);
    this.#aes = aesCtr(this.encryptKey);
  }

  static generate(random: Random): MasterKey {
    return new MasterKey(random.bytes(masterKeyBytes));
  }

  get encryptKey(): Buffer {
    return this.#bytes.subarray(0, encryptKeyBytes);
  }

  get macK(): Buffer {
    return this.#bytes.subarray(encryptKeyBytes, encryptKeyBytes + macKeyBytes);
  }

  /** As stored, not clamped; the authenticator clamps it. */
  get macR(): Buffer {
    return this.#bytes.subarray(encryptKeyBytes + macKeyBytes);
  }

  /** AES-256-CTR: encrypts or decrypts `from` into `into`, which is as long and may be the same. */
  crypt(nonce: Uint8Array, from: Uint8Array, into: Uint8Array): void {
    this.#aes.apply(nonce, from, into);
  }

  /** Whether `from` decrypts to `expected`. */
  leadsTo(nonce: Uint8Array, from: Uint8Array, expected: Uint8Array): boolean {
    return this.#aes.leadsTo(nonce, from, expected);
  }

  /** The 32-byte one-time Poly1305 key for a nonce: `r`, then AES-128 of the nonce under `k`. */
  oneTimeKey(nonce: Uint8Array): Buffer {
    return Buffer.concat([this.macR, this.#nonceCipher.update(nonce)]);
  }

  /**
   * 32 bytes that nobody can tell without this key, for files of ours that are no part of the repository.
   * @param purpose what for, and in which repository: another purpose gives unrelated bytes
   */
  derive(purpose: string, salt: Uint8Array): Buffer {
    return Buffer.from(hkdfSync("sha256", this.#bytes, salt, purpose, 32));
  }
}

/** The JSON that a key file holds encrypted: `{"mac":{"k":…,"r":…},"encrypt":…}`, base64. */
export function serialiseMasterKey(key: MasterKey): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      mac: { k: key.macK.toString("base64"), r: key.macR.toString("base64") },
      encrypt: key.encryptKey.toString("base64"),
    }),
  );
}

/** @throws Error when the JSON is not a master key; its text holds nothing of the input */
export function parseMasterKey(json: Uint8Array): MasterKey {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(json).toString("utf8"));
  } catch {
    throw new Error("the master key is not JSON");
  }
  const outer = parsed as { mac?: { k?: unknown; r?: unknown }; encrypt?: unknown } | null;
  const parts = [outer?.encrypt, outer?.mac?.k, outer?.mac?.r].map((part) =>
    typeof part === "string" ? Buffer.from(part, "base64") : Buffer.alloc(0),
  );
  const lengths = parts.map((part) => part.byteLength).join("/");
  if (lengths !== `${encryptKeyBytes}/${macKeyBytes}/${macKeyBytes}`)
    throw new Error(`the parts of the master key have ${lengths} bytes`);
  return new MasterKey(Buffer.concat(parts));
}
