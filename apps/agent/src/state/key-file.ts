import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { HoldfastError } from "@holdfast/base";
import { agentErrors } from "../errors.ts";
import { readIfThere, writeDurably } from "./durable-file.ts";

/** ec is P-256, which TLS stacks everywhere take; x25519 is what sealed boxes need; ed25519 signs certificates. */
export type KeyKind = "ec" | "x25519" | "ed25519";

const generators: Record<KeyKind, () => KeyObject> = {
  ec: () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  x25519: () => generateKeyPairSync("x25519").privateKey,
  ed25519: () => generateKeyPairSync("ed25519").privateKey,
};

/**
 * The private key in `path` (PKCS #8 PEM, so that any tool can open it in an emergency), made there the first time.
 * It is durable before it is used: a key that others were told of must not be lost with the power.
 *
 * @throws AGENT_STATE_DAMAGED, AGENT_HOME_UNUSABLE
 */
export async function ensureKey(path: string, kind: KeyKind): Promise<KeyObject> {
  const held = await readIfThere(path);
  if (held !== undefined) return parseKey(path, kind, held);
  const key = generators[kind]();
  await writeDurably(path, privateKeyPem(key));
  return key;
}

export function privateKeyPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" });
}

/** The 32 raw bytes of an X25519 or Ed25519 public key. */
export function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(createPublicKey(key).export({ format: "jwk" }).x ?? "", "base64url");
}

/** The 32 raw bytes of an X25519 private key. */
export function rawPrivateKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url");
}

function parseKey(path: string, kind: KeyKind, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === kind) return key;
  } catch {
    // The parser's own words may quote the file; what is wrong with it is the same in both cases.
  }
  throw new HoldfastError(agentErrors.stateDamaged, `${path} does not hold the private key that it should.`);
}
