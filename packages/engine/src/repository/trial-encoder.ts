import type { Random } from "@holdfast/base";
import { MasterKey } from "../crypto/master-key.ts";
import { newNonce } from "../crypto/seal.ts";
import { encodeBlob } from "../pack/blob-encoding.ts";

/**
 * Compresses and encrypts chunks as a repository would, with a key that is thrown away, for those who want to know what
 * that takes and gives.
 * @returns a function from a chunk to the bytes it would take in a pack
 */
export function trialEncoder(random: Random): (chunk: Uint8Array) => number {
  const key = MasterKey.generate(random);
  return (chunk) => encodeBlob(key, newNonce(random), 2, "data", chunk).stored.byteLength;
}
