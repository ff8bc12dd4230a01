/** Where randomness comes from. Keys, nonces and ids always use `systemRandom`; tests hand in a seeded one. */
export interface Random {
  /** `count` bytes in a new array. */
  bytes(count: number): Uint8Array<ArrayBuffer>;
}

/** The most that one call of getRandomValues gives. @see W3C Web Cryptography API section 10.1.1 */
const callBytesMax = 65_536;

/** The platform's cryptographic generator; the same code in Node.js and in a browser. */
export const systemRandom: Random = {
  bytes(count) {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += callBytesMax) crypto.getRandomValues(bytes.subarray(at, at + callBytesMax));
    return bytes;
  },
};
