// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 finds its parts through it, so it comes first
import "reflect-metadata";
import { dayMs, systemClock, systemRandom, toHex } from "@holdfast/base";
import * as x509 from "@peculiar/x509";

export interface TestCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** An authority of the test's own, for TLS on loopback in both directions. */
export interface TestAuthority {
  readonly caPem: string;
  /** Good for 127.0.0.1 and localhost, or for `host`, as server and as client; `expired` ended yesterday. */
  issue(commonName: string, options?: { readonly host?: string; readonly expired?: boolean }): Promise<TestCertificate>;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export async function testAuthority(): Promise<TestAuthority> {
  x509.cryptoProvider.set(crypto);
  const keys = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=Holdfast test authority",
    ...validity(false),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    caPem: ca.toString("pem"),
    async issue(commonName, options = {}) {
      const own = await newKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        issuer: ca.subject,
        subject: `CN=${commonName}`,
        ...validity(options.expired === true),
        signingKey: keys.privateKey,
        publicKey: own.publicKey,
        signingAlgorithm: algorithm,
        extensions: [
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
          new x509.SubjectAlternativeNameExtension(
            options.host === undefined
              ? [
                  { type: "ip", value: "127.0.0.1" },
                  { type: "dns", value: "localhost" },
                ]
              : [{ type: "dns", value: options.host }],
          ),
        ],
      });
      const key = await crypto.subtle.exportKey("pkcs8", own.privateKey);
      return { certificatePem: certificate.toString("pem"), keyPem: x509.PemConverter.encode(key, "PRIVATE KEY") };
    },
  };
}

function newKeys() {
  return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

/** TLS compares with the machine's real clock, so tests cannot own this one. */
function validity(isExpired: boolean) {
  const notAfterMs = systemClock.nowMs() + (isExpired ? -dayMs : dayMs);
  return { notBefore: new Date(notAfterMs - 2 * dayMs), notAfter: new Date(notAfterMs) };
}

function serialNumber(): string {
  return `7f${toHex(systemRandom.bytes(15))}`;
}
