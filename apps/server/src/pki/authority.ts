// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 finds its parts through it, so it comes first
import "reflect-metadata";
import { createHash, webcrypto } from "node:crypto";
import net from "node:net";
import path from "node:path";
import { HoldfastError, dayMs, systemRandom, toHex, type Clock } from "@holdfast/base";
import type { IdentityKind } from "@holdfast/contract";
import * as x509 from "@peculiar/x509";
import { serverErrors } from "../errors.ts";
import { ensureFile } from "../home/secret-file.ts";

x509.cryptoProvider.set(webcrypto);

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const authorityDaysMax = 3650;
const identityDaysMax = 730;
const serverCertificateDaysMax = 30;
/** Certificates begin a little early, for machines whose clocks are behind. */
const earlyMs = 10 * 60_000;

export interface IssuedCertificate {
  readonly certificatePem: string;
  readonly expiresAtMs: number;
  /** SHA-256 of the certificate, lower-case hex: what a connection is recognised by. */
  readonly sha256: string;
}

/** The installation's own certificate authority, which agents, keepers and gateways trust and nobody else. */
export interface Authority {
  readonly caPem: string;
  /** SHA-256 of the CA certificate, lower-case hex, which enrolment pins. */
  readonly fingerprint: string;
  /** For our TLS listener; the key stays in memory, a new one is made at each start. */
  issueServerCertificate(names: readonly string[]): Promise<IssuedCertificate & { readonly keyPem: string }>;
  /**
   * For a device, keeper or gateway. Only the key is taken from its request; every name is ours. A gateway's is usable
   * as a server, for `names` and this machine.
   * @throws CERTIFICATE_REQUEST_INVALID
   */
  issueIdentityCertificate(
    request: CheckedRequest,
    identity: { readonly identityId: string; readonly kind: IdentityKind; readonly names: readonly string[] },
  ): Promise<IssuedCertificate>;
}

/** A certificate request whose signature has been verified with its own key. */
export interface CheckedRequest {
  readonly request: x509.Pkcs10CertificateRequest;
  /** SHA-256 of the public key, hex. */
  readonly publicKeySha256: string;
}

/**
 * Reads the authority from `dir`, or makes it there once.
 * @throws SERVER_FILE_DAMAGED
 */
export async function openAuthority(dir: string, clock: Clock): Promise<Authority> {
  const keyPem = await ensureFile(path.join(dir, "ca-key.pem"), newKeyPem);
  const keys = await keyPairOf(keyPem, path.join(dir, "ca-key.pem"));
  const caPem = await ensureFile(path.join(dir, "ca.pem"), () => selfSigned(keys, clock));
  const ca = await parsed(caPem, keys, path.join(dir, "ca.pem"));

  const issue = async (
    publicKey: x509.PublicKey | CryptoKey,
    commonName: string,
    days: number,
    extensions: x509.Extension[],
  ): Promise<IssuedCertificate> => {
    const nowMs = clock.nowMs();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: `7f${toHex(systemRandom.bytes(15))}`,
      issuer: ca.subject,
      subject: `CN=${commonName}`,
      notBefore: new Date(nowMs - earlyMs),
      notAfter: new Date(nowMs + days * dayMs),
      signingKey: keys.privateKey,
      publicKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
        ...extensions,
      ],
    });
    return {
      certificatePem: `${certificate.toString("pem")}\n`,
      expiresAtMs: certificate.notAfter.getTime(),
      sha256: sha256(certificate.rawData),
    };
  };

  return {
    caPem,
    fingerprint: sha256(ca.rawData),
    async issueServerCertificate(names) {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const issued = await issue(own.publicKey, "Holdfast server", serverCertificateDaysMax, [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        machineNames(names),
      ]);
      return { ...issued, keyPem: await pemOfKey(own.privateKey) };
    },
    issueIdentityCertificate(checked, identity) {
      const usages = [x509.ExtendedKeyUsage.clientAuth];
      const names: x509.Extension[] = [];
      if (identity.kind === "gateway") {
        usages.push(x509.ExtendedKeyUsage.serverAuth);
        names.push(machineNames(identity.names));
      }
      return issue(checked.request.publicKey, `${identity.kind} ${identity.identityId}`, identityDaysMax, [
        new x509.ExtendedKeyUsageExtension(usages),
        ...names,
      ]);
    },
  };
}

/**
 * Reads a certificate request and checks that its sender holds the key.
 * @throws CERTIFICATE_REQUEST_INVALID
 */
export async function checkRequest(pem: string): Promise<CheckedRequest> {
  try {
    const request = new x509.Pkcs10CertificateRequest(pem);
    const { name, namedCurve } = request.publicKey.algorithm as { name: string; namedCurve?: string };
    const strong = (name === "ECDSA" && /^P-(256|384)$/.test(namedCurve ?? "")) || name === "Ed25519";
    if (strong && (await request.verify())) {
      return { request, publicKeySha256: sha256(request.publicKey.rawData) };
    }
  } catch (error) {
    throw new HoldfastError(serverErrors.certificateRequestInvalid, "The certificate request cannot be read.", {
      cause: error,
    });
  }
  throw new HoldfastError(serverErrors.certificateRequestInvalid, "The certificate request is not signed by its key.");
}

/** This machine's own names, and those that others use for it. */
function machineNames(names: readonly string[]): x509.Extension {
  const all = [...new Set(["127.0.0.1", "::1", "localhost", ...names])];
  return new x509.SubjectAlternativeNameExtension(
    all.map((value) => ({ type: net.isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
  );
}

async function selfSigned(keys: webcrypto.CryptoKeyPair, clock: Clock): Promise<string> {
  const nowMs = clock.nowMs();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `7f${toHex(systemRandom.bytes(15))}`,
    name: "CN=Holdfast installation authority",
    notBefore: new Date(nowMs - earlyMs),
    notAfter: new Date(nowMs + authorityDaysMax * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString("pem")}\n`;
}

async function newKeyPem(): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  return pemOfKey(keys.privateKey);
}

async function pemOfKey(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

async function keyPairOf(pem: string, file: string): Promise<webcrypto.CryptoKeyPair> {
  try {
    const der = x509.PemConverter.decodeFirst(pem);
    const privateKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
    const { kty, crv, x, y } = await webcrypto.subtle.exportKey("jwk", privateKey);
    const publicJwk = { kty, crv, x, y } as webcrypto.JsonWebKey;
    const publicKey = await webcrypto.subtle.importKey("jwk", publicJwk, algorithm, true, ["verify"]);
    return { privateKey, publicKey };
  } catch (error) {
    throw new HoldfastError(serverErrors.homeFileDamaged, `${file} does not hold the authority's key.`, {
      cause: error,
    });
  }
}

async function parsed(pem: string, keys: webcrypto.CryptoKeyPair, file: string): Promise<x509.X509Certificate> {
  const certificate = await (async () => {
    const read = new x509.X509Certificate(pem);
    return (await read.verify({ publicKey: keys.publicKey, signatureOnly: true })) ? read : undefined;
  })().catch(() => undefined);
  if (certificate !== undefined) return certificate;
  throw new HoldfastError(serverErrors.homeFileDamaged, `${file} is not the certificate of the authority's key.`);
}

function sha256(bytes: ArrayBuffer): string {
  return createHash("sha256").update(new Uint8Array(bytes)).digest("hex");
}
