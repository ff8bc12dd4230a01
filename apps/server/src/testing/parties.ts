// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 finds its parts through it, so it comes first
import "reflect-metadata";
import { createHash, generateKeyPairSync, webcrypto, type KeyObject } from "node:crypto";
import type { IdentityKind } from "@holdfast/contract";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { createEnrolmentToken, enrol } from "../app/enrolment.ts";
import { createOrganisation } from "../app/organisations.ts";
import { arrive } from "../app/presence.ts";
import { freshId, type Services } from "../app/services.ts";
import { installationCaller } from "../authz/caller.ts";
import { partyOf, type Party } from "../authz/party.ts";
import { findIdentity } from "../store/identities.ts";
import { installationScope } from "../store/scope.ts";

export const testInventory = {
  hostname: "web-1",
  platform: "linux",
  osName: "Debian 12",
  architecture: "x64",
  agentVersion: "0.1.0",
  cpus: 2,
  memoryBytes: 4 * 2 ** 30,
};

/** A key pair of a part and the certificate request that it signs. */
export async function newRequest(): Promise<{ certificateRequestPem: string; keyPem: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=whatever",
    keys: keys,
    signingAlgorithm: algorithm,
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const keyPem = `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}/g, "$&\n")}\n-----END PRIVATE KEY-----\n`;
  return { certificateRequestPem: request.toString("pem"), keyPem };
}

/** A keeper's own keys: the Ed25519 pair it signs certificates with, and what it enrols with. */
export function newKeeperKeys(): { signing: KeyObject; keeperKeys: { sealing: string; signing: string } } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const sealing = createHash("sha256").update(raw).digest(); // any 32 bytes are an X25519 key
  return { signing: privateKey, keeperKeys: { sealing: sealing.toString("base64"), signing: raw.toString("base64") } };
}

export interface Enrolled extends Party {
  readonly keeperSigningKey: KeyObject | undefined;
}

/** Enrols a part by a fresh token. */
export async function enrolPart(
  services: Services,
  kind: IdentityKind,
  organisationId: string,
  name: string,
): Promise<Enrolled> {
  const asked = { kind, organisationId, expiresInMinutes: 60, uses: 1 };
  const { token } = await createEnrolmentToken(services, installationCaller, asked);
  const { certificateRequestPem } = await newRequest();
  const keys = kind === "keeper" ? newKeeperKeys() : undefined;
  const keeperKeys = keys?.keeperKeys;
  const { identityId } = await enrol(services, {
    token,
    kind,
    name,
    certificateRequestPem,
    ...(keeperKeys === undefined ? {} : { keeperKeys }),
  });
  const row = await services.store.read(installationScope, (db) => findIdentity(db, identityId));
  return { ...partyOf(row!), keeperSigningKey: keys?.signing };
}

/** Says hello as a part that can do `capabilities` and holds nothing. */
export async function greet(services: Services, party: Party, capabilities: string[]): Promise<string> {
  const connectionId = freshId(services);
  const hello = { type: "hello" as const, inventory: testInventory, capabilities, holding: [] };
  await arrive(services, party, connectionId, hello);
  return connectionId;
}

/** A provider with one client that has one device, and a keeper: the smallest installation that does everything. */
export async function smallHouse(services: Services) {
  const make = (kind: "provider" | "client" | "reseller" | "site", name: string, parentId: string | null) =>
    createOrganisation(services, installationCaller, { kind, name, parentId });
  const provider = await make("provider", "Provider", null);
  const client = await make("client", "Client", provider.organisationId);
  const keeper = await enrolPart(services, "keeper", provider.organisationId, "keeper-1");
  await greet(services, keeper, ["replicate", "drill", "relay"]);
  const device = await enrolPart(services, "device", client.organisationId, "web-1");
  await greet(services, device, ["assess", "prepare-vault", "backup"]);
  return { provider, client, keeper, device, make };
}
