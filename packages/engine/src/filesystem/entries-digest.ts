import { createHash, hash, type Hash } from "node:crypto";
import { KiB } from "@holdfast/base";
import type { OwnerNames } from "./owner-names.ts";
import { Statx } from "./statx.ts";

/** Digests are cut to this many bytes: enough that nobody finds two directories with the same. */
export const digestBytes = 16;

const gatherBytes = 64 * KiB;
const nameBytesMax = 4096;
/** Room for an entry with its name and the names of its owners. */
const entryBytesMax = Statx.copiedBytes + 2 * (nameBytesMax + 1);
const utf8BytesMax = 3;
const gathered = Buffer.allocUnsafeSlow(gatherBytes);

/**
 * A digest of all that the system says of a directory's entries and a backup records: names, types, permissions, owners
 * and their names, inodes, devices, sizes, links, times of modification and change. One at a time in each thread.
 */
export class EntriesDigest {
  readonly #owners: OwnerNames;
  #filled = 0;
  #hash: Hash | undefined;
  #uid = -1;
  #gid = -1;

  constructor(owners: OwnerNames) {
    this.#owners = owners;
  }

  /** Takes the next entry in. @param name bytes (latin1) @param seen what the system says of it now */
  add(name: string, seen: Statx): void {
    if (this.#filled + entryBytesMax > gatherBytes) this.#flush();
    seen.copyTo(gathered, this.#filled);
    this.#filled += Statx.copiedBytes;
    this.#text(name, "latin1");
    const { uid, gid } = seen;
    if (uid === this.#uid && gid === this.#gid) return;
    [this.#uid, this.#gid] = [uid, gid];
    const names = JSON.stringify([this.#owners.user(uid), this.#owners.group(gid)]);
    if (names.length * utf8BytesMax <= nameBytesMax) this.#text(names, "utf8");
    else {
      this.#flush();
      this.#hash!.update(`${names}\0`);
    }
  }

  /** @returns `digestBytes` bytes in hexadecimal digits */
  finish(): string {
    const rest = gathered.subarray(0, this.#filled);
    const digest = this.#hash === undefined ? hash("sha256", rest) : this.#hash.update(rest).digest("hex");
    return digest.slice(0, 2 * digestBytes);
  }

  #text(text: string, encoding: "latin1" | "utf8"): void {
    this.#filled += gathered.write(text, this.#filled, encoding);
    gathered[this.#filled] = 0;
    this.#filled += 1;
  }

  #flush(): void {
    this.#hash ??= createHash("sha256");
    this.#hash.update(gathered.subarray(0, this.#filled));
    this.#filled = 0;
  }
}
