import { X509Certificate } from "node:crypto";
import { HoldfastError } from "@holdfast/base";
import { agentErrors } from "../errors.ts";

/**
 * A SHA-256 fingerprint as people copy it, with or without colons, in either case.
 * @returns 64 lower-case hex digits
 * @throws AGENT_BAD_FINGERPRINT
 */
export function parseFingerprint(text: string): string {
  const digits = text.trim().replaceAll(":", "").toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits)) {
    throw new HoldfastError(
      agentErrors.badFingerprint,
      `"${text.slice(0, 200)}" is not a SHA-256 fingerprint of 64 hex digits.`,
    );
  }
  return digits;
}

/** The fingerprint of a certificate in PEM, in the form of `parseFingerprint`. */
export function certificateFingerprint(pem: string): string {
  return parseFingerprint(new X509Certificate(pem).fingerprint256);
}
