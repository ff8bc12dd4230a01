import { verifyCertificate } from "@holdfast/domain";
import type { SignedCertificate } from "./queries.ts";

/** What this browser found out about a certificate by itself. `unable`: it knows no Ed25519. */
export type Verdict = "valid" | "invalid" | "unable";

/**
 * Whether the certificate is, byte for byte, what the holder of the key named in it signed.
 * It does not say whose key that is: compare it with the keeper's.
 */
export async function certificateVerdict(certificate: SignedCertificate): Promise<Verdict> {
  if (!(await knowsEd25519())) return "unable";
  const { valid } = await verifyCertificate(certificate, { issuers: "any" });
  return valid ? "valid" : "invalid";
}

/** Pages opened over plain HTTP have no WebCrypto, and older browsers have it without Ed25519. */
async function knowsEd25519(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    return true;
  } catch {
    return false; // which of the two it is makes no difference to the reader
  }
}
