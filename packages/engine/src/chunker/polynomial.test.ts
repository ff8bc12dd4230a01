import { systemRandom } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { generatePolynomial, isIrreducible, polynomialDegree } from "./polynomial.ts";

test.each([0x3da3358b4dc173n, 0x2482734cacca49n])("%s is irreducible", (polynomial) => {
  expect(isIrreducible(polynomial)).toBe(true);
});

test.each([0x38f1e565e288dfn, 0x30a8295b9d5c91n])("%s is reducible", (polynomial) => {
  expect(isIrreducible(polynomial)).toBe(false);
});

test("a polynomial of another degree is refused, irreducible or not", () => {
  for (const polynomial of [0n, 1n, 2n, 0b111n, 0x11bn, 0x3da3358b4dc173n << 1n])
    expect(isIrreducible(polynomial)).toBe(false);
});

test("generated polynomials are irreducible, of degree 53, and differ", () => {
  const found = Array.from({ length: 20 }, () => generatePolynomial(systemRandom));
  for (const polynomial of found) {
    expect(isIrreducible(polynomial)).toBe(true);
    expect(polynomial.toString(2)).toHaveLength(polynomialDegree + 1);
  }
  expect(new Set(found).size).toBe(found.length);
});

test("the same seed gives the same polynomial", () => {
  expect(generatePolynomial(seededRandom(1))).toBe(generatePolynomial(seededRandom(1)));
});

test("a dead random generator is noticed", () => {
  expect(() => generatePolynomial({ bytes: (count) => new Uint8Array(count) })).toThrow(/random source/);
});
