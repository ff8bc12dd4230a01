import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { rawPublicKey } from "./key-file.ts";
import { sealPassword, unsealPassword } from "./password-seal.ts";

const keeper = generateKeyPairSync("x25519").privateKey;
const keeperPublic = rawPublicKey(keeper).toString("base64");

test("a password sealed to a keeper is opened by that keeper and by nobody else", () => {
  const sealed = sealPassword("correct horse battery staple", keeperPublic);
  expect(unsealPassword(sealed, keeper)).toBe("correct horse battery staple");
  expect(sealPassword("correct horse battery staple", keeperPublic)).not.toBe(sealed);
  const another = generateKeyPairSync("x25519").privateKey;
  expect(() => unsealPassword(sealed, another)).toThrow(expect.objectContaining({ code: "AGENT_PASSWORD_NOT_OURS" }));
});

test("a sealed password that was cut or altered anywhere is refused", () => {
  const sealed = Buffer.from(sealPassword("password", keeperPublic), "base64");
  const refused = expect.objectContaining({ code: "AGENT_PASSWORD_NOT_OURS" });
  for (let at = 0; at < sealed.byteLength; at += 1) {
    const altered = Buffer.from(sealed);
    altered[at]! ^= 1;
    expect(() => unsealPassword(altered.toString("base64"), keeper)).toThrow(refused);
    expect(() => unsealPassword(sealed.subarray(0, at).toString("base64"), keeper)).toThrow(refused);
  }
});
