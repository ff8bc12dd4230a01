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

function slide(digest: u64, at: usize): u64 {
  return append(digest ^ load<u64>(OUT_TABLE + ((<usize>load<u8>(at - WINDOW)) << 3)), load<u8>(at));
}

function windowBefore(at: usize): u64 {
  let digest: u64 = 0;
  for (let before = at - WINDOW; before < at; before++) digest = append(digest, load<u8>(before));
  return digest;
}

/** Whether this call has marked anything. */
let isMarked: bool = false;

function mark(marks: usize, bit: usize): void {
  isMarked = true;
  const word = marks + ((bit >> 5) << 2);
  store<u32>(word, load<u32>(word) | (1 << (<u32>bit & 31)));
}

/**
 * Sets a bit in `marks` for each of `length` bytes from `from` behind which a cut is allowed; bit 0 is the byte at
 * `from`. The marks are zero before; the 64 bytes in front of `from` must be there, zero where the file begins.
 * Returns whether it set any: hardly one call in sixteen does, and the others leave nothing to look through.
 * Four places are looked at in turn: one digest waits for its own last step, four keep the processor busy.
 */
export function markCuts(from: usize, length: usize, marks: usize): bool {
  isMarked = false;
  const quarter = length >> 2;
  let a = windowBefore(from);
  let b = windowBefore(from + quarter);
  let c = windowBefore(from + 2 * quarter);
  let d = windowBefore(from + 3 * quarter);
  for (let step: usize = 0; step < quarter; step++) {
    a = slide(a, from + step);
    b = slide(b, from + quarter + step);
    c = slide(c, from + 2 * quarter + step);
    d = slide(d, from + 3 * quarter + step);
    if ((a & CUT_MASK) == 0) mark(marks, step);
    if ((b & CUT_MASK) == 0) mark(marks, quarter + step);
    if ((c & CUT_MASK) == 0) mark(marks, 2 * quarter + step);
    if ((d & CUT_MASK) == 0) mark(marks, 3 * quarter + step);
  }
  for (let step: usize = quarter << 2; step < length; step++) {
    d = slide(d, from + step);
    if ((d & CUT_MASK) == 0) mark(marks, step);
  }
  return isMarked;
}
