import type { KeyObject } from "node:crypto";
import { HoldfastError } from "@holdfast/base";
import sodium from "sodium-native";
import { agentErrors } from "../errors.ts";
import { rawPrivateKey, rawPublicKey } from "./key-file.ts";

/**
 * Seals a vault's password so that only the holder of the X25519 key can open it; whoever sealed it cannot.
 *
 * @param keeperSealingKey base64 of the 32 raw bytes
 * @returns base64
 * @see libsodium documentation "Sealed boxes"
 */
export function sealPassword(password: string, keeperSealingKey: string): string {
  const plain = Buffer.from(password, "utf8");
  const sealed = Buffer.alloc(plain.byteLength + sodium.crypto_box_SEALBYTES);
  sodium.crypto_box_seal(sealed, plain, Buffer.from(keeperSealingKey, "base64"));
  return sealed.toString("base64");
}

/** The password that a device sealed to this keeper. @throws AGENT_PASSWORD_NOT_OURS */
export function unsealPassword(sealedPassword: string, sealing: KeyObject): string {
  const sealed = Buffer.from(sealedPassword, "base64");
  const plainBytes = sealed.byteLength - sodium.crypto_box_SEALBYTES;
  if (plainBytes > 0) {
    const plain = Buffer.alloc(plainBytes);
    if (sodium.crypto_box_seal_open(plain, sealed, rawPublicKey(sealing), rawPrivateKey(sealing))) {
      return plain.toString("utf8");
    }
  }
  throw new HoldfastError(agentErrors.passwordNotOurs, "The vault's password is not sealed to this keeper's key.");
}
