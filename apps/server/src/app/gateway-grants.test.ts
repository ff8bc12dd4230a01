import { hourMs } from "@holdfast/base";
import { expect, test } from "vitest";
import { installationCaller } from "../authz/caller.ts";
import { enrolPart, smallHouse } from "../testing/parties.ts";
import { hashOf, readyVault, take } from "../testing/protected-device.ts";
import { testServices } from "../testing/services.ts";
import { grantGateway } from "./gateway-grants.ts";
import { hearHolder } from "./held-run.ts";
import { createVault } from "./vaults.ts";

const missing = { code: "NOT_FOUND" };

async function openRun() {
  const services = await testServices();
  const house = await smallHouse(services);
  const gateway = await enrolPart(services, "gateway", house.provider.organisationId, "gateway-1");
  const { vault, run } = await createVault(services, installationCaller, house.device.identityId, { name: "Main" });
  const { leaseId, job } = await take(services, house.device, run.runId, "prepare-vault");
  const tokenSha256 = hashOf(job.access.token);
  return { services, ...house, gateway, vaultId: vault.vaultId, runId: run.runId, leaseId, tokenSha256 };
}

test("a device's token appends to its own repository and to no other", async () => {
  const { services, gateway, vaultId, tokenSha256, client } = await openRun();
  expect(await grantGateway(services, gateway, { repository: vaultId, tokenSha256 })).toEqual({
    appendOnly: true,
    read: true,
    quotaBytes: null,
  });
  const other = await readyVault(services, await enrolPart(services, "device", client.organisationId, "web-2"));
  for (const repository of [other.vaultId, crypto.randomUUID(), "acme/web-1", vaultId.toUpperCase()]) {
    await expect(grantGateway(services, gateway, { repository, tokenSha256 })).rejects.toMatchObject(missing);
  }
  const unknown = { repository: vaultId, tokenSha256: hashOf("guessed") };
  await expect(grantGateway(services, gateway, unknown)).rejects.toMatchObject(missing);
});

test("only a gateway is told, and only of the organisations that it serves", async () => {
  const { services, device, keeper, provider, vaultId, tokenSha256, make } = await openRun();
  const reseller = await make("reseller", "Reseller", provider.organisationId);
  const elsewhere = await enrolPart(services, "gateway", reseller.organisationId, "gateway-2");
  for (const party of [device, keeper, elsewhere]) {
    await expect(grantGateway(services, party, { repository: vaultId, tokenSha256 })).rejects.toMatchObject(missing);
  }
});

test("a token lasts a day, and longer only while its run goes on", async () => {
  const { services, device, gateway, vaultId, runId, leaseId, tokenSha256 } = await openRun();
  const granted = () => grantGateway(services, gateway, { repository: vaultId, tokenSha256 });
  for (let hour = 0; hour < 40; hour += 1) {
    await hearHolder(services, device, { runId, leaseId }, {});
    services.clock.advanceMs(hourMs);
  }
  await granted();
  services.clock.advanceMs(24 * hourMs);
  await expect(granted()).rejects.toMatchObject(missing);
});
