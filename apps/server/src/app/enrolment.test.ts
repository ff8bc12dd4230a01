import { X509Certificate } from "node:crypto";
import { minuteMs } from "@holdfast/base";
import { expect, test } from "vitest";
import { installationCaller } from "../authz/caller.ts";
import { installationScope } from "../store/scope.ts";
import { newKeeperKeys, newRequest, smallHouse } from "../testing/parties.ts";
import { testServices } from "../testing/services.ts";
import { createEnrolmentToken, enrol, sha256 } from "./enrolment.ts";

async function withToken(over: { uses?: number; kind?: "device" | "keeper" | "gateway" } = {}) {
  const services = await testServices();
  const { client, provider, make } = await smallHouse(services);
  const kind = over.kind ?? "device";
  const { organisationId } = kind === "device" ? client : provider;
  const asked = { kind, organisationId, expiresInMinutes: 10, uses: over.uses ?? 1 };
  const token = await createEnrolmentToken(services, installationCaller, asked);
  const { certificateRequestPem } = await newRequest();
  return {
    services,
    client,
    provider,
    make,
    token,
    asked: { token: token.token, kind, name: "web-1", certificateRequestPem },
  };
}

const refused = { code: "ENROLMENT_REFUSED" };

test("a token makes an identity with a certificate of this installation for exactly the key that asked", async () => {
  const { services, token, asked, client } = await withToken();
  expect(token).toMatchObject({ serverUrl: services.agentUrl, caFingerprint: services.authority.fingerprint });
  const enrolled = await enrol(services, asked);
  const certificate = new X509Certificate(enrolled.certificatePem);
  expect(certificate.verify(new X509Certificate(enrolled.caPem).publicKey)).toBe(true);
  expect(certificate.subject).toBe(`CN=device ${enrolled.identityId}`);
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]); // client authentication, nothing else
  const row = await services.store.read(installationScope, (db) =>
    db.selectFrom("identities").selectAll().where("identityId", "=", enrolled.identityId).executeTakeFirstOrThrow(),
  );
  expect(row).toMatchObject({ kind: "device", name: "web-1", organisationId: client.organisationId });
});

test("a token is used up by its last use, also when many come at once", async () => {
  const { services, asked } = await withToken({ uses: 3 });
  const requests = await Promise.all(Array.from({ length: 8 }, newRequest));
  const answers = await Promise.allSettled(
    requests.map(({ certificateRequestPem }) => enrol(services, { ...asked, certificateRequestPem })),
  );
  expect(answers.filter((answer) => answer.status === "fulfilled")).toHaveLength(3);
  for (const answer of answers) if (answer.status === "rejected") expect(answer.reason).toMatchObject(refused);
});

test("the same key asking again gets the same identity, so that a lost answer costs nothing", async () => {
  const { services, asked } = await withToken();
  const first = await enrol(services, asked);
  const second = await enrol(services, asked);
  expect(second.identityId).toBe(first.identityId);
  expect(second.certificatePem).not.toBe(first.certificatePem);
});

test("an unknown, expired or used token, and one for another kind, are refused in the same words", async () => {
  const { services, asked } = await withToken();
  const words = new Set<string>();
  const attempt = async (over: Partial<typeof asked>) => {
    const { certificateRequestPem } = await newRequest();
    const failure = await enrol(services, { ...asked, certificateRequestPem, ...over }).catch((error: Error) => error);
    expect(failure).toMatchObject(refused);
    words.add((failure as Error).message);
  };
  await attempt({ token: "x".repeat(40) });
  await attempt({ kind: "gateway" });
  await enrol(services, asked);
  await attempt({});
  const { certificateRequestPem } = asked;
  services.clock.advanceMs(10 * minuteMs);
  await attempt({ certificateRequestPem }); // the same key, but too late
  expect(words.size).toBe(1);
});

test("a certificate request that its key did not sign is refused, and costs no use of the token", async () => {
  const { services, asked } = await withToken();
  const body = Buffer.from(asked.certificateRequestPem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  body[body.length - 5]! ^= 1;
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${body.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
  for (const certificateRequestPem of [
    forged,
    "",
    "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
  ]) {
    await expect(enrol(services, { ...asked, certificateRequestPem })).rejects.toMatchObject({
      code: "CERTIFICATE_REQUEST_INVALID",
    });
  }
  await enrol(services, asked);
});

test("keepers, and only they, bring the keys that they seal and sign with", async () => {
  const device = await withToken();
  const { keeperKeys } = newKeeperKeys();
  await expect(enrol(device.services, { ...device.asked, keeperKeys })).rejects.toMatchObject({
    code: "REQUEST_INVALID",
  });
  const keeper = await withToken({ kind: "keeper" });
  await expect(enrol(keeper.services, keeper.asked)).rejects.toMatchObject({ code: "REQUEST_INVALID" });
  await enrol(keeper.services, { ...keeper.asked, keeperKeys });
});

test("a gateway's certificate serves this machine and the names that the installation gives it", async () => {
  const { services, asked } = await withToken({ kind: "gateway" });
  const named = { ...services, gatewayNames: ["backup.example.test", "10.1.2.3"] };
  const { certificatePem } = await enrol(named, asked);
  const certificate = new X509Certificate(certificatePem);
  for (const ip of ["127.0.0.1", "::1", "10.1.2.3"]) expect(certificate.checkIP(ip), ip).toBeDefined();
  for (const host of ["localhost", "backup.example.test"]) expect(certificate.checkHost(host), host).toBeDefined();
  expect(certificate.checkHost("evil.test")).toBeUndefined();
  expect(certificate.keyUsage).toHaveLength(2);
});

test("parts belong where their kind does: devices below clients, keepers and gateways above", async () => {
  const { services, provider, client, make } = await withToken();
  const ask = (kind: "device" | "keeper" | "gateway", organisationId: string) =>
    createEnrolmentToken(services, installationCaller, { kind, organisationId, expiresInMinutes: 1, uses: 1 });
  const site = await make("site", "Site", client.organisationId);
  await ask("device", site.organisationId);
  for (const [kind, organisationId] of [
    ["device", provider.organisationId],
    ["keeper", client.organisationId],
    ["gateway", site.organisationId],
  ] as const) {
    await expect(ask(kind, organisationId)).rejects.toMatchObject({ code: "ORGANISATION_MISPLACED" });
  }
});

test("of a token only the hash is kept, and no audit entry holds it", async () => {
  const { services, token } = await withToken();
  const kept = await services.store.read(installationScope, async (db) => ({
    tokens: await db.selectFrom("enrolmentTokens").selectAll().execute(),
    audit: await db.selectFrom("auditLog").selectAll().execute(),
  }));
  expect(JSON.stringify(kept)).not.toContain(token.token);
  expect(kept.tokens.map((row) => row.tokenSha256)).toContain(sha256(token.token));
});
