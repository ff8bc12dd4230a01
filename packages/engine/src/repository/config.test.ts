import { seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { isIrreducible } from "../chunker/polynomial.ts";
import { newConfig, parseConfig, serialiseConfig } from "./config.ts";

const config = newConfig(seededRandom(1), 2);

test("a config reads back as it was written, in restic's key order", () => {
  const json = Buffer.from(serialiseConfig(config)).toString();
  expect(json).toBe(
    `{"version":2,"id":"${config.id}","chunker_polynomial":"${config.chunkerPolynomial.toString(16)}"}`,
  );
  expect(parseConfig(Buffer.from(json))).toEqual(config);
});

test("every repository has its own id and polynomial", () => {
  const other = newConfig(seededRandom(2), 2);
  expect(other.id).not.toBe(config.id);
  expect(other.chunkerPolynomial).not.toBe(config.chunkerPolynomial);
  expect(isIrreducible(other.chunkerPolynomial)).toBe(true);
});

test("keys of other programs are passed over", () => {
  const json = Buffer.from(serialiseConfig(config)).toString().replace("{", '{"is_hot":true,"treepack_size":1,');
  expect(parseConfig(Buffer.from(json))).toEqual(config);
});

describe("refused:", () => {
  const text = Buffer.from(serialiseConfig(config)).toString();
  test.each([
    ["version 3", text.replace('"version":2', '"version":3'), "ENGINE_UNSUPPORTED_VERSION"],
    ["no version", text.replace('"version":2,', ""), "ENGINE_CONFIG_DAMAGED"],
    ["no id", text.replace(config.id, "x"), "ENGINE_CONFIG_DAMAGED"],
    ["a reducible polynomial", text.replace(/"[0-9a-f]+"}/, '"38f1e565e288df"}'), "ENGINE_CONFIG_DAMAGED"],
    ["a polynomial that is no number", text.replace(/"[0-9a-f]+"}/, '"0x1"}'), "ENGINE_CONFIG_DAMAGED"],
    ["nothing", "", "ENGINE_CONFIG_DAMAGED"],
    ["null", "null", "ENGINE_CONFIG_DAMAGED"],
  ])("%s", (_, json, code) => {
    expect(() => parseConfig(Buffer.from(json))).toThrow(expect.objectContaining({ code }));
  });
});
