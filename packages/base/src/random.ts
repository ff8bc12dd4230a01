import { randomFillSync } from "node:crypto";

/** Where randomness comes from. Keys, nonces and ids always use `systemRandom`; tests hand in a seeded one. */
export interface Random {
  /** `count` bytes in a new array. */
  bytes(count: number): Uint8Array<ArrayBuffer>;
}

export const systemRandom: Random = {
  bytes: (count) => randomFillSync(new Uint8Array(count)),
};
