import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { connectionOptions } from "./connection-options.ts";
import { readEnvironment } from "./environment.ts";
import type { FlagValues } from "./flag.ts";
import type { repositoryFlags } from "./table/repository-flags.ts";

const none = { insecureTls: false, option: [] } as unknown as FlagValues<typeof repositoryFlags>;
const options = (flags: Partial<typeof none>, address = "rest:https://x/", variables = {}) =>
  connectionOptions({ flags: { ...none, ...flags }, environment: readEnvironment(variables) }, address);

test("flags say how a server is spoken to, and the environment says it where they do not", async () => {
  const file = join(await temporaryDirectory(), "client.pem");
  await writeFile(file, "pem");
  const flags = { tlsClientCert: file, httpUserAgent: "me", stuckRequestTimeout: "30s", insecureTls: true };
  expect(await options(flags)).toMatchObject({
    clientCertificate: "pem",
    userAgent: "me",
    stalledMs: 30_000,
    isTlsUnchecked: true,
  });
  expect(await options({}, "rest:x", { RESTIC_TLS_CLIENT_CERT: file })).toMatchObject({ clientCertificate: "pem" });
  expect(await options({})).toMatchObject({ clientCertificate: undefined, isTlsUnchecked: false });
});

test("the number of connections is that for the kind of storage, the last one given", async () => {
  const option = ["local.connections=3", "rest.connections=7", "rest.connections=9"];
  expect((await options({ option }, "rest:https://x/")).connectionsMax).toBe(9);
  expect((await options({ option }, "/srv/backup")).connectionsMax).toBe(3);
  expect((await options({}, "/srv/backup")).connectionsMax).toBeUndefined();
});

test.each(["rest.connections", "rest.connections=0", "rest.connections=x", "s3.region=eu", "="])(
  "the option %j is refused",
  async (option) => {
    await expect(options({ option: [option] })).rejects.toMatchObject({ code: "CLI_USAGE" });
  },
);
