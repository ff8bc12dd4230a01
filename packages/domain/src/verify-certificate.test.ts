import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { expect, test } from "vitest";
import { certificateBytes, type Certificate, type CertificateBody } from "./certificate.ts";
import { certificateHash, verifyCertificate, verifyCertificateChain } from "./verify-certificate.ts";

const keeper = generateKeyPairSync("ed25519");
const publicKey = rawBase64(keeper.publicKey);

function rawBase64(key: KeyObject): string {
  return Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url").toString("base64");
}

function body(changes: Partial<CertificateBody> = {}): CertificateBody {
  return {
    format: "holdfast-drill-certificate-1",
    certificateId: "018f0000-0000-7000-8000-000000000001",
    issuedAt: "2026-01-01T12:00:00.000Z",
    issuer: { keeperId: "018f0000-0000-7000-8000-000000000002", name: "Keeper", publicKey },
    client: { organisationId: "018f0000-0000-7000-8000-000000000003", name: "Example client" },
    device: { deviceId: "018f0000-0000-7000-8000-000000000004", name: "files-1" },
    vault: { vaultId: "018f0000-0000-7000-8000-000000000005", repositoryId: "a".repeat(64) },
    snapshot: { snapshotId: "b".repeat(64), takenAt: "2026-01-01T11:00:00.000Z", tree: "c".repeat(64) },
    scope: { paths: ["/srv"], files: 3, directories: 2, bytes: 4096 },
    result: "passed",
    differences: { count: 0, examples: [] },
    restoredRootHash: "d".repeat(64),
    rpo: { objectiveMinutes: 1440, attainedSeconds: 3600 },
    rto: { objectiveMinutes: 240, attainedSeconds: 3, phasesMs: { open: 500, restore: 2000, compare: 500 } },
    notes: "",
    previousHash: "",
    ...changes,
  };
}

function signed(content: CertificateBody, key: KeyObject = keeper.privateKey): Certificate {
  return { body: content, signature: sign(null, certificateBytes(content), key).toString("base64") };
}

async function chainOf(length: number): Promise<Certificate[]> {
  const chain: Certificate[] = [];
  for (let number = 0; number < length; number += 1) {
    const before = chain.at(-1);
    chain.push(
      signed(
        body({
          certificateId: `018f0000-0000-7000-8000-0000000001${number.toString().padStart(2, "0")}`,
          previousHash: before === undefined ? "" : await certificateHash(before.body),
        }),
      ),
    );
  }
  return chain;
}

test("a certificate is valid as signed, and in any order of its members", async () => {
  const certificate = signed(body());
  const reordered = JSON.parse(
    JSON.stringify({
      signature: certificate.signature,
      body: Object.fromEntries(Object.entries(certificate.body).toReversed()),
    }),
  ) as Certificate;
  for (const issuers of [[publicKey], "any"] as const) {
    expect(await verifyCertificate(certificate, { issuers })).toEqual({ valid: true });
    expect(await verifyCertificate(reordered, { issuers })).toEqual({ valid: true });
  }
});

test("whatever is changed after signing is found", async () => {
  const certificate = signed(body());
  const altered: Certificate[] = [
    { ...certificate, body: body({ result: "failed" }) },
    { ...certificate, body: body({ notes: " " }) },
    { ...certificate, body: body({ scope: { paths: ["/srv"], files: 4, directories: 2, bytes: 4096 } }) },
    { ...certificate, body: body({ previousHash: "e".repeat(64) }) },
    { ...certificate, signature: `${"A".repeat(86)}==` },
    { ...certificate, signature: "not base64" },
  ];
  for (const one of altered) {
    expect(await verifyCertificate(one, { issuers: "any" })).toMatchObject({ valid: false, fault: "signature" });
  }
});

test("a certificate of a key that nobody vouched for is refused, however well it is signed", async () => {
  const stranger = generateKeyPairSync("ed25519");
  const issuer = { ...body().issuer, publicKey: rawBase64(stranger.publicKey) };
  const certificate = signed(body({ issuer }), stranger.privateKey);
  expect(await verifyCertificate(certificate, { issuers: [publicKey] })).toMatchObject({
    valid: false,
    fault: "issuer",
  });
  const borrowedName = signed(body(), stranger.privateKey);
  expect(await verifyCertificate(borrowedName, { issuers: [publicKey] })).toMatchObject({ fault: "signature" });
});

test("a chain is valid whole and from any point on, and not with one taken out, swapped or put in", async () => {
  const chain = await chainOf(4);
  const trust = { issuers: [publicKey] };
  expect(await verifyCertificateChain(chain, trust)).toEqual({ valid: true });
  expect(await verifyCertificateChain(chain.slice(2), trust)).toEqual({ valid: true });
  expect(await verifyCertificateChain([], trust)).toEqual({ valid: true });

  const [first, second, third, fourth] = chain as [Certificate, Certificate, Certificate, Certificate];
  const otherClient = { organisationId: "018f0000-0000-7000-8000-000000000009", name: "Another" };
  const foreign = signed(body({ client: otherClient, previousHash: await certificateHash(fourth.body) }));
  for (const broken of [
    [first, third, fourth],
    [first, third, second, fourth],
    [first, first],
    [...chain, foreign],
  ]) {
    expect(await verifyCertificateChain(broken, trust)).toMatchObject({ valid: false, fault: "chain" });
  }
});
