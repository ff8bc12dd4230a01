// AssemblyScript, compiled to WebAssembly by ../../build-wasm.ts. JavaScript has no 64-bit integers at this speed.
//
// Rabin fingerprints over GF(2), as restic's chunker computes them: whether a file may be cut behind a byte depends
// only on the 64 bytes up to there. So nothing is kept between calls: the caller supplies those bytes.

const WINDOW: usize = 64;
const DEGREE: u64 = 53;
/** The lower bits of a digest that are zero at a cut: once in 2^20 positions. */
const CUT_MASK: u64 = (1 << 20) - 1;

// Memory, from the bottom: two tables of 256 u64, then the bytes to look at.
const OUT_TABLE: usize = 1024;
const MOD_TABLE: usize = OUT_TABLE + 256 * 8;
export const BYTES_AT: usize = MOD_TABLE + 256 * 8;

function reduce(value: u64, polynomial: u64): u64 {
  while (value >> DEGREE != 0) value ^= polynomial << (clz(polynomial) - clz(value));
  return value;
}

/** Prepares the tables for one irreducible polynomial of degree 53. */
export function setPolynomial(polynomial: u64): void {
  for (let byte: u64 = 0; byte < 256; byte++) {
    // What a byte still contributes to the digest when it leaves the window: byte · x^(8·63).
    let digest = reduce(byte, polynomial);
    for (let shift: usize = 0; shift < WINDOW - 1; shift++) digest = reduce(digest << 8, polynomial);
    store<u64>(OUT_TABLE + ((<usize>byte) << 3), digest);
    // Clears the eight bits above the degree and adds their remainder, in one step.
    const high = byte << DEGREE;
    store<u64>(MOD_TABLE + ((<usize>byte) << 3), reduce(high, polynomial) | high);
  }
}

function append(digest: u64, byte: u64): u64 {
  const index = <usize>(digest >> (DEGREE - 8));
  return ((digest << 8) | byte) ^ load<u64>(MOD_TABLE + (index << 3));
}

/**
 * The first position after `from` where a cut is allowed: the returned byte offset is just behind the byte that
 * allows it, and 0 means none up to `to`. The 63 bytes in front of `from` must be there.
 */
export function nextCut(from: usize, to: usize): usize {
  if (from >= to) return 0;
  let digest: u64 = 0;
  for (let at = from - (WINDOW - 1); at <= from; at++) digest = append(digest, load<u8>(at));
  if ((digest & CUT_MASK) == 0) return from + 1;
  for (let at = from + 1; at < to; at++) {
    digest ^= load<u64>(OUT_TABLE + ((<usize>load<u8>(at - WINDOW)) << 3));
    digest = append(digest, load<u8>(at));
    if ((digest & CUT_MASK) == 0) return at + 1;
  }
  return 0;
}
