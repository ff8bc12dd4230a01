import { forgedIds, stepsMax } from "./forged-ids.ts";
import { GrowingRows } from "./growing-rows.ts";
import { idFromBytes, type Id } from "../id.ts";

const idBytes = 32;
const idWords = idBytes / 4;
const slotsAtFirst = 1024;
/** Above three quarters full, chains of probes grow long. */
const loadMax = 0.75;

/**
 * A set of ids that numbers them in order of arrival: 32 bytes for the id and 5 to 11 for finding it.
 * The whole id is compared on every hit. A shortened one would some day take one chunk for another.
 */
export class IdTable {
  readonly #ids = new GrowingRows(idWords);
  /** Open addressing: number + 1, or 0 where nobody lives. */
  #slots = new Uint32Array(slotsAtFirst);
  readonly #wanted = new Uint32Array(idWords);
  readonly #wantedBytes = Buffer.from(this.#wanted.buffer);

  get size(): number {
    return this.#ids.rows;
  }

  /** Bytes of memory that it occupies. */
  get bytes(): number {
    return this.#ids.bytes + this.#slots.byteLength;
  }

  /** All ids back to back, in the order of their numbers. */
  image(): Generator<Uint8Array> {
    return this.#ids.image();
  }

  /** The number of `id`, or -1. */
  find(id: Id): number {
    this.#wantedBytes.write(id, "hex");
    return this.#slots[this.#slotOfWanted()]! - 1;
  }

  /** As `find`, for 32 raw bytes. */
  findBytes(bytes: Uint8Array): number {
    this.#wantedBytes.set(bytes);
    return this.#slots[this.#slotOfWanted()]! - 1;
  }

  /** The number of `id`, which is new when it equals the size before. */
  add(id: Id): number {
    this.#wantedBytes.write(id, "hex");
    return this.#addWanted();
  }

  /** As `add`, for 32 raw bytes at an offset: no string comes into being. */
  addBytes(bytes: Uint8Array, offset = 0): number {
    for (let at = 0; at < idBytes; at += 1) this.#wantedBytes[at] = bytes[offset + at]!;
    return this.#addWanted();
  }

  /** The id with this number. */
  at(number: number): Id {
    for (let word = 0; word < idWords; word += 1) this.#wanted[word] = this.#ids.get(number, word);
    return idFromBytes(this.#wantedBytes);
  }

  #addWanted(): number {
    let slot = this.#slotOfWanted();
    if (this.#slots[slot] !== 0) return this.#slots[slot]! - 1;
    if (this.size + 1 > this.#slots.length * loadMax) {
      this.#rehash(this.#slots.length * 2);
      slot = this.#slotOfWanted();
    }
    const number = this.#ids.add();
    for (let word = 0; word < idWords; word += 1) this.#ids.set(number, word, this.#wanted[word]!);
    this.#slots[slot] = number + 1;
    return number;
  }

  /** Where the wanted id is, or the free slot where it belongs. */
  #slotOfWanted(): number {
    const mask = this.#slots.length - 1;
    const first = this.#wanted[0]! & mask; // ids are hashes: any of their bits spread evenly
    let steps = 0;
    for (;;) {
      const slot = (first + steps) & mask;
      const number = this.#slots[slot]!;
      if (number === 0 || this.#isWanted(number - 1)) return slot;
      if (++steps > stepsMax) throw forgedIds();
    }
  }

  #isWanted(number: number): boolean {
    for (let word = 0; word < idWords; word += 1) if (this.#ids.get(number, word) !== this.#wanted[word]) return false;
    return true;
  }

  #rehash(slotCount: number): void {
    const slots = new Uint32Array(slotCount);
    const mask = slotCount - 1;
    for (let number = 0; number < this.size; number += 1) {
      let slot = this.#ids.get(number, 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}
