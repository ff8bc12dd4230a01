import { createCipheriv, hash, type Cipheriv } from "node:crypto";

const blockBytes = 60 * 1024;

/**
 * Bytes that look random and are the same for the same seed on every machine: AES-128 in counter mode over zeros.
 * Fast enough to make gigabytes.
 */
export class Keystream {
  readonly #cipher: Cipheriv;
  /** Numbers are drawn from a block made in advance: a call into the cipher costs more than its bytes. */
  #block: Buffer = Buffer.alloc(0);
  #drawn = 0;

  constructor(seed: string) {
    const key = hash("sha256", seed, "buffer");
    this.#cipher = createCipheriv("aes-128-ctr", key.subarray(0, 16), key.subarray(16, 32));
  }

  bytes(count: number): Buffer {
    return this.#cipher.update(Buffer.alloc(count));
  }

  /** A whole number from 0 to below `end`; its bias is below one in a million for the ends used here. */
  below(end: number): number {
    if (this.#drawn + 6 > this.#block.length) {
      this.#block = this.bytes(blockBytes);
      this.#drawn = 0;
    }
    const number = this.#block.readUIntBE(this.#drawn, 6);
    this.#drawn += 6;
    return number % end;
  }

  /** From `least` to `most`, small ones likelier, as file sizes are: the logarithm is uniform. */
  size(least: number, most: number): number {
    const share = this.below(1_000_000) / 1_000_000;
    return Math.round(Math.exp(Math.log(least) + share * (Math.log(most) - Math.log(least))));
  }
}
