import { toHex } from "@holdfast/base";
import { certificateBytes, type Certificate, type CertificateBody } from "./certificate.ts";

export interface CertificateTrust {
  /**
   * The Ed25519 keys (base64 of 32 bytes) of the keepers that are believed. "any" believes the key that the
   * certificate itself names, which shows that it was not altered and not who issued it.
   */
  readonly issuers: readonly string[] | "any";
}

export type CertificateVerdict =
  | { readonly valid: true }
  | {
      readonly valid: false;
      /** issuer: signed by nobody we believe. signature: altered. chain: one before it is missing, or out of order. */
      readonly fault: "issuer" | "signature" | "chain";
      readonly certificateId: string;
      readonly because: string;
    };

/**
 * Whether `certificate` is as its keeper signed it. Its place among others is for `verifyCertificateChain`.
 * Runs on WebCrypto, so that server, command line and browser judge by the same code.
 */
export async function verifyCertificate(
  certificate: Certificate,
  trust: CertificateTrust,
): Promise<CertificateVerdict> {
  const { body, signature } = certificate;
  const { publicKey, name } = body.issuer;
  if (trust.issuers !== "any" && !trust.issuers.includes(publicKey)) {
    return faulty(body, "issuer", `The key of "${name}" is not one of those that are believed.`);
  }
  if (!(await isSigned(certificateBytes(body), signature, publicKey))) {
    return faulty(body, "signature", "The certificate is not what its keeper signed; it was altered.");
  }
  return { valid: true };
}

/**
 * Whether these are one client's certificates, each as signed and each naming the one before it.
 *
 * @param certificates oldest first; the first may follow one that is not at hand
 */
export async function verifyCertificateChain(
  certificates: readonly Certificate[],
  trust: CertificateTrust,
): Promise<CertificateVerdict> {
  let before: CertificateBody | undefined;
  for (const certificate of certificates) {
    const { body } = certificate;
    const verdict = await verifyCertificate(certificate, trust);
    if (!verdict.valid) return verdict;
    if (before !== undefined && body.client.organisationId !== before.client.organisationId) {
      return faulty(body, "chain", "The certificate belongs to another client than the one before it.");
    }
    if (before !== undefined && body.previousHash !== (await certificateHash(before))) {
      return faulty(
        body,
        "chain",
        `The certificate does not follow ${before.certificateId}; one is missing or out of order.`,
      );
    }
    before = body;
  }
  return { valid: true };
}

/** What the next certificate of the same client carries as `previousHash`: SHA-256 of the signed bytes, hex. */
export async function certificateHash(body: CertificateBody): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", certificateBytes(body))));
}

function faulty(body: CertificateBody, fault: "issuer" | "signature" | "chain", because: string): CertificateVerdict {
  return { valid: false, fault, certificateId: body.certificateId, because };
}

async function isSigned(bytes: Uint8Array<ArrayBuffer>, signature: string, publicKey: string): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", fromBase64(publicKey), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, fromBase64(signature), bytes);
  } catch {
    return false; // not base64, not 32 bytes, not a point: nobody signed with that
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
