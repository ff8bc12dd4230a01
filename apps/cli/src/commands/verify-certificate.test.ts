import { generateKeyPairSync, sign } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { certificateBytes, certificateHash, type Certificate, type CertificateBody } from "@holdfast/domain";
import { commandLine } from "../command-line.fixture.ts";

const keeper = generateKeyPairSync("ed25519");
const publicKey = Buffer.from(keeper.publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("base64");

function certificate(number: number, changes: Partial<CertificateBody> = {}): Certificate {
  const body: CertificateBody = {
    format: "holdfast-drill-certificate-1",
    certificateId: `018f0000-0000-7000-8000-00000000000${number}`,
    issuedAt: `2026-01-0${number}T12:00:00.000Z`,
    issuer: { keeperId: "018f0000-0000-7000-8000-000000000010", name: "Keeper", publicKey },
    client: { organisationId: "018f0000-0000-7000-8000-000000000011", name: "Example client" },
    device: { deviceId: "018f0000-0000-7000-8000-000000000012", name: "files-1" },
    vault: { vaultId: "018f0000-0000-7000-8000-000000000013", repositoryId: "a".repeat(64) },
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
  return { body, signature: sign(null, certificateBytes(body), keeper.privateKey).toString("base64") };
}

/** The command line with files of certificates to verify. */
async function withFiles(...certificates: unknown[]) {
  const { run, folder } = await commandLine();
  const files = certificates.map((_, at) => join(folder, `${at}.json`));
  await Promise.all(files.map((file, at) => writeFile(file, JSON.stringify(certificates[at]))));
  return { files, verify: (...words: string[]) => run("verify-certificate", ...words) };
}

test("a certificate is verified without a server, and its key is shown for comparing", async () => {
  const { files, verify } = await withFiles(certificate(1));
  const said = await verify(...files);
  expect(said).toMatchObject({ exitCode: 0, errors: "" });
  expect(said.output).toContain("the signature is good");
  expect(said.output).toContain("Compare this key");
  expect((await verify(...files, "--keeper-key", publicKey)).output).not.toContain("Compare");
});

test("certificates of one client follow one another, however the files are named", async () => {
  const first = certificate(1);
  const second = certificate(2, { previousHash: await certificateHash(first.body) });
  const { files, verify } = await withFiles(second, first);
  expect(await verify(...files)).toMatchObject({ exitCode: 0 });
});

test("what was altered, left out, signed by somebody else or never was one is refused", async () => {
  const first = certificate(1);
  const second = certificate(2, { previousHash: await certificateHash(first.body) });
  const third = certificate(3, { previousHash: await certificateHash(second.body) });
  const altered = { ...first, body: { ...first.body, scope: { ...first.body.scope, files: 4 } } };
  const { files, verify } = await withFiles(first, third, altered, { body: "none" });
  const refused = { exitCode: 1, output: "", errors: expect.stringContaining("CLI_CERTIFICATE_INVALID") };
  expect(await verify(files[0]!, files[1]!)).toMatchObject(refused);
  expect(await verify(files[2]!)).toMatchObject(refused);
  expect(await verify(files[3]!)).toMatchObject(refused);
  const otherKey = Buffer.alloc(32, 1).toString("base64");
  expect(await verify(files[0]!, "--keeper-key", otherKey)).toMatchObject(refused);
});
