import { MiB } from "@holdfast/base";

/**
 * Memory that the chunks of one entry are decoded into, used again for the next: what the system gives anew for each
 * chunk it has to clear first, which takes longer than decrypting it.
 */
export class DecodeRoom {
  #bytes = new Uint8Array(MiB);
  #used = 0;

  /** Nobody reads what was taken before. */
  clear(): void {
    this.#used = 0;
  }

  /** Bytes with anything in them; those taken since the last `clear` stay as they are. */
  take(length: number): Uint8Array {
    if (this.#used + length > this.#bytes.byteLength) {
      this.#bytes = new Uint8Array(Math.max(length, 2 * this.#bytes.byteLength)); // views of the old one keep it
      this.#used = 0;
    }
    const taken = this.#bytes.subarray(this.#used, this.#used + length);
    this.#used += length;
    return taken;
  }
}
