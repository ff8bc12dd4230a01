import { toHex } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { createKeyFile, openKeyFile, parseKeyFile, serialiseKeyFile } from "./key-file.ts";
import { MasterKey } from "./master-key.ts";
import { SealBrokenError } from "./seal.ts";

const random = seededRandom("key file");
const masterKey = MasterKey.generate(random);
const about = { created: "2026-01-01T12:00:00Z", username: "u", hostname: "h", kdf: { N: 1024, r: 8, p: 1 } };
const keyFile = await createKeyFile(masterKey, "Grüße", about, random);

test("a key file opens with its password after being written and read", async () => {
  const json = serialiseKeyFile(keyFile);
  expect(Object.keys(JSON.parse(Buffer.from(json).toString()))).toEqual([
    "created",
    "username",
    "hostname",
    "kdf",
    "N",
    "r",
    "p",
    "salt",
    "data",
  ]);
  const opened = await openKeyFile(parseKeyFile(json), "Grüße");
  expect(toHex(opened.encryptKey)).toBe(toHex(masterKey.encryptKey));
});

test("another password opens nothing", async () => {
  await expect(openKeyFile(keyFile, "Grüsse")).rejects.toThrow(SealBrokenError);
});

test("two key files of one password share neither salt nor bytes", async () => {
  const second = await createKeyFile(masterKey, "Grüße", about, random);
  expect(toHex(second.salt)).not.toBe(toHex(keyFile.salt));
  expect(toHex(second.data)).not.toBe(toHex(keyFile.data));
});

test.each([
  ["another kdf", { kdf: "argon2" }],
  ["N that is no power of two", { N: 1000 }],
  ["N that would take 64 GiB", { N: 2 ** 26 }],
  ["r that would take 128 GiB", { r: 2 ** 20 }],
  ["p that would take for ever", { p: 2 ** 30 }],
  ["a fraction", { N: 1024.5 }],
  ["a negative number", { p: -1 }],
  ["text for a number", { r: "8" }],
  ["a short salt", { salt: "AAAA" }],
  ["a salt that is no base64", { salt: "#" }],
  ["no data", { data: null }],
])("a key file with %s is refused before anything is computed", (_, change) => {
  const fields = { ...JSON.parse(Buffer.from(serialiseKeyFile(keyFile)).toString()), ...change };
  expect(() => parseKeyFile(Buffer.from(JSON.stringify(fields)))).toThrow(
    expect.objectContaining({ code: "ENGINE_KEY_DAMAGED" }),
  );
});

test.each(["", "null", "[]", "{", "7"])("%j is no key file", (json) => {
  expect(() => parseKeyFile(Buffer.from(json))).toThrow(expect.objectContaining({ code: "ENGINE_KEY_DAMAGED" }));
});
