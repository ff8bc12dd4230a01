import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

const seed = 20_613;

/** The same value with every object's members in the opposite order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reordered(member)]),
  );
}

test("a value has one text, whatever the order of its members, and the text says the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(reordered(value))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { seed, numRuns: 2000 },
  );
});

test("members without a value are left out, as JSON leaves them out", () => {
  expect(canonicalJson({ b: 1, a: undefined, c: [null, { d: undefined }] })).toBe('{"b":1,"c":[null,{}]}');
});
