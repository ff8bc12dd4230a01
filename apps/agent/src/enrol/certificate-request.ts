// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 finds its parts through it, so it comes first
import "reflect-metadata";
import { createPublicKey, type KeyObject } from "node:crypto";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * A PKCS #10 request that proves possession of the identity key. Who the bearer is, the server decides by the token;
 * so the subject says nothing.
 * @returns PEM
 */
export async function certificateRequest(key: KeyObject): Promise<string> {
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=Holdfast",
    keys: {
      privateKey: key.toCryptoKey(algorithm, false, ["sign"]),
      publicKey: createPublicKey(key).toCryptoKey(algorithm, true, ["verify"]),
    },
    signingAlgorithm: algorithm,
  });
  return request.toString("pem");
}
