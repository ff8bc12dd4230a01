import { createCipheriv, createHash } from "node:crypto";
import type { Random } from "@holdfast/base";

export interface SeededRandom extends Random {
  readonly seed: number | string;
  /** A whole number from 0 up to, not including, `limit` (at most 2^32). */
  below(limit: number): number;
  /** One of `choices`. */
  pick<Choice>(choices: readonly [Choice, ...Choice[]]): Choice;
}

/**
 * Random bytes that are the same for the same seed, on every machine: a key stream of AES-256-CTR.
 * Name the seed in the test, so that a failure can be repeated.
 */
export function seededRandom(seed: number | string): SeededRandom {
  const key = createHash("sha256").update(`holdfast test seed ${seed}`).digest();
  const stream = createCipheriv("aes-256-ctr", key, new Uint8Array(16));
  const bytes = (count: number) => new Uint8Array(stream.update(new Uint8Array(count)));
  const below = (limit: number) => Math.floor((new DataView(bytes(4).buffer).getUint32(0) / 2 ** 32) * limit);
  return {
    seed,
    bytes,
    below,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
  };
}
