import { inspect } from "node:util";
import { fromHex, toHex } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { MasterKey, masterKeyBytes, parseMasterKey, serialiseMasterKey } from "./master-key.ts";

const bytes = seededRandom("master key").bytes(masterKeyBytes);

test("a master key reads back from its JSON, whose keys stand in restic's order", () => {
  const json = Buffer.from(serialiseMasterKey(new MasterKey(bytes))).toString();
  expect(json).toMatch(/^\{"mac":\{"k":"[^"]{24}","r":"[^"]{24}"\},"encrypt":"[^"]{44}"\}$/);
  const key = parseMasterKey(Buffer.from(json));
  expect(toHex(Buffer.concat([key.encryptKey, key.macK, key.macR]))).toBe(toHex(bytes));
});

test("a log or an error that prints a key shows nothing of it", () => {
  const key = new MasterKey(bytes);
  const shown = inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key) + String(key);
  for (const part of [key.encryptKey, key.macK, key.macR]) {
    expect(shown).not.toContain(part.toString("hex").slice(0, 8));
    expect(shown).not.toContain(part.toString("base64").slice(0, 8));
    expect(shown).not.toContain(`${part[0]}, ${part[1]}, ${part[2]}`);
  }
});

test.each([
  ["nothing", ""],
  ["null", "null"],
  ["a part missing", '{"mac":{"k":"AAAAAAAAAAAAAAAAAAAAAQ=="},"encrypt":""}'],
  ["no JSON", "{"],
  [
    "an encryption key of zeros",
    `{"mac":{"k":"AAAAAAAAAAAAAAAAAAAAAQ==","r":"AAAAAAAAAAAAAAAAAAAAAQ=="},"encrypt":"${"A".repeat(43)}="}`,
  ],
])("%s is refused as a key", (_, json) => {
  expect(() => parseMasterKey(Buffer.from(json))).toThrow();
});

test("a key with a part of zeros is refused", () => {
  for (const at of [0, 32, 48]) {
    const weak = fromHex("01".repeat(masterKeyBytes));
    weak.fill(0, at, at === 0 ? 32 : at + 16);
    expect(() => new MasterKey(weak)).toThrow(/zero/);
  }
});
