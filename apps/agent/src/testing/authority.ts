// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 finds its parts through it, so it comes first
import "reflect-metadata";
import { KeyObject } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { dayMs } from "@holdfast/base";
import { certificateFingerprint } from "../enrol/fingerprint.ts";
import { privateKeyPem } from "../state/key-file.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A real authority for tests: what an installation has, made anew for each. */
export interface TestAuthority {
  readonly caPem: string;
  readonly fingerprint: string;
  /** TLS key and chain of a server at `address`. */
  serverCertificate(address: string): Promise<{ key: string; cert: string }>;
  /** A client certificate for the key in the request. @throws when the request is not signed by that key */
  clientCertificate(requestPem: string, identityId: string): Promise<{ certificatePem: string; expiresAt: string }>;
}

export async function testAuthority(): Promise<TestAuthority> {
  const validity = { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + 30 * dayMs) };
  const newKeys = () => crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const keys = await newKeys();
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: "CN=Test authority",
    keys,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  });
  const caPem = authority.toString("pem");
  const issued = { ...validity, issuer: authority.subject, signingKey: keys.privateKey, signingAlgorithm: algorithm };
  return {
    caPem,
    fingerprint: certificateFingerprint(caPem),
    async serverCertificate(address) {
      const own = await newKeys();
      const certificate = await X509CertificateGenerator.create({
        ...issued,
        subject: "CN=Test server",
        publicKey: own.publicKey,
        extensions: [
          new SubjectAlternativeNameExtension([{ type: "ip", value: address }]),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        ],
      });
      return { key: privateKeyPem(KeyObject.from(own.privateKey)), cert: `${certificate.toString("pem")}\n${caPem}` };
    },
    async clientCertificate(requestPem, identityId) {
      const request = new Pkcs10CertificateRequest(requestPem);
      if (!(await request.verify())) throw new Error("the request is not signed by its own key");
      const certificate = await X509CertificateGenerator.create({
        ...issued,
        subject: `CN=${identityId}`,
        publicKey: request.publicKey,
        extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
      });
      return { certificatePem: certificate.toString("pem"), expiresAt: validity.notAfter.toISOString() };
    },
  };
}
