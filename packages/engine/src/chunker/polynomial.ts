import { type Random } from "@holdfast/base";

/** A polynomial over GF(2) as the bits of its coefficients. Chunkers use irreducible ones of degree 53. */
export type Polynomial = bigint;

export const polynomialDegree = 53;
/** About one candidate in 27 is irreducible, so this many failures mean that the random source is stuck. */
const candidatesMax = 10_000;

/**
 * A random irreducible polynomial. Every repository has its own, so that the lengths of chunks tell an onlooker
 * nothing about known files.
 */
export function generatePolynomial(random: Random): Polynomial {
  for (let candidate = 0; candidate < candidatesMax; candidate += 1) {
    const bits = Buffer.from(random.bytes(8)).readBigUInt64LE() & ((1n << 54n) - 1n);
    const polynomial = bits | (1n << 53n) | 1n;
    if (isIrreducible(polynomial)) return polynomial;
  }
  throw new Error("the random source gives no irreducible polynomial");
}

/**
 * Ben-Or's test: a polynomial of degree n is irreducible when it shares no factor with x^(2^i) - x for any i up
 * to n/2. Also false for any other degree than 53.
 */
export function isIrreducible(polynomial: Polynomial): boolean {
  if (degree(polynomial) !== polynomialDegree) return false;
  let power = 2n; // x
  for (let i = 1; i <= polynomialDegree / 2; i += 1) {
    power = remainder(square(power), polynomial);
    if (greatestCommonDivisor(polynomial, power ^ 2n) !== 1n) return false;
  }
  return true;
}

function degree(polynomial: Polynomial): number {
  return polynomial === 0n ? -1 : polynomial.toString(2).length - 1;
}

/** Squaring over GF(2) puts a zero between any two coefficients. */
function square(polynomial: Polynomial): Polynomial {
  return BigInt(`0b${polynomial.toString(2).split("").join("0")}`);
}

function remainder(dividend: Polynomial, divisor: Polynomial): Polynomial {
  const divisorDegree = degree(divisor);
  let rest = dividend;
  for (let shift = degree(rest) - divisorDegree; shift >= 0; shift = degree(rest) - divisorDegree)
    rest ^= divisor << BigInt(shift);
  return rest;
}

function greatestCommonDivisor(left: Polynomial, right: Polynomial): Polynomial {
  let [larger, smaller] = [left, right];
  while (smaller !== 0n) [larger, smaller] = [smaller, remainder(larger, smaller)];
  return larger;
}
