import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { silentLog } from "@holdfast/base";
import { temporaryDirectory, testAuthority } from "@holdfast/testkit";
import { expect, onTestFinished, test } from "vitest";
import { readGatewayConfig, type GatewayConfig } from "./config.ts";
import { gatewayErrors } from "./errors.ts";
import { startGateway } from "./gateway.ts";

const badConfig = { code: gatewayErrors.badConfig.code };

async function files() {
  const folder = await temporaryDirectory();
  const authority = await testAuthority();
  const { certificatePem, keyPem } = await authority.issue("gateway");
  const paths = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem"), ca: join(folder, "ca.pem") };
  await writeFile(paths.cert, certificatePem);
  await writeFile(paths.key, keyPem);
  await writeFile(paths.ca, authority.caPem);
  return { folder, paths, certificatePem, keyPem, caPem: authority.caPem };
}

test("the environment is enough, and its one certificate serves devices and the control plane", async () => {
  const { folder, paths, certificatePem, keyPem, caPem } = await files();
  const config = await readGatewayConfig({
    HOLDFAST_HOME: folder,
    HOLDFAST_GATEWAY_LISTEN: "[::]:8700",
    HOLDFAST_SERVER_URL: "https://server.example:8601/",
    HOLDFAST_GATEWAY_CERT: paths.cert,
    HOLDFAST_GATEWAY_KEY: paths.key,
    HOLDFAST_CA: paths.ca,
  });
  expect(config).toEqual({
    path: join(folder, "repositories"),
    listen: { host: "::", port: 8700 },
    tls: { certificatePem, keyPem },
    access: { kind: "control-plane", serverUrl: "https://server.example:8601", caPem, certificatePem, keyPem },
    logLevel: "info",
  });
});

test("options win over the environment", async () => {
  const env = { HOLDFAST_GATEWAY_PATH: "/one", HOLDFAST_GATEWAY_LISTEN: "127.0.0.1:1" };
  const config = await readGatewayConfig(env, { path: "/two", listen: ":2", noAuth: true });
  expect(config).toMatchObject({
    path: "/two",
    listen: { host: "0.0.0.0", port: 2 },
    tls: undefined,
    access: { kind: "open" },
  });
});

test("what is missing or unusable is named", async () => {
  const { paths } = await files();
  const good = {
    HOLDFAST_SERVER_URL: "https://server.example:8601",
    HOLDFAST_GATEWAY_CERT: paths.cert,
    HOLDFAST_GATEWAY_KEY: paths.key,
    HOLDFAST_CA: paths.ca,
  };
  for (const [setting, value] of [
    ["HOLDFAST_GATEWAY_CERT", undefined],
    ["HOLDFAST_GATEWAY_KEY", "/nowhere/key.pem"],
    ["HOLDFAST_CA", ""],
    ["HOLDFAST_SERVER_URL", undefined],
    ["HOLDFAST_SERVER_URL", "http://server.example"],
    ["HOLDFAST_SERVER_URL", "https://user:password@server.example"],
    ["HOLDFAST_LOG_LEVEL", "loud"],
    ["HOLDFAST_GATEWAY_LISTEN", "8602"],
    ["HOLDFAST_GATEWAY_LISTEN", "host:99999"],
  ] as const) {
    const failure = await readGatewayConfig({ ...good, [setting]: value }).catch((error: unknown) => error);
    expect(failure, setting).toMatchObject(badConfig);
    expect(String(failure)).not.toContain("user:password");
    if (setting !== "HOLDFAST_GATEWAY_LISTEN") expect(String(failure)).toContain(setting);
  }
});

test("a gateway that others could reach without TLS or without a token does not start", async () => {
  const { folder, certificatePem, keyPem } = await files();
  const config: GatewayConfig = {
    path: join(folder, "repositories"),
    listen: { host: "0.0.0.0", port: 0 },
    tls: { certificatePem, keyPem },
    access: { kind: "open" },
    logLevel: "silent",
  };
  const unsafe = { code: gatewayErrors.unsafeListen.code };
  await expect(startGateway(config)).rejects.toMatchObject(unsafe);
  await expect(
    startGateway({ ...config, tls: undefined, access: { kind: "static", grants: [] } }),
  ).rejects.toMatchObject(unsafe);
});

test("a port that is taken, an address that is not ours, and a broken key are named", async () => {
  const { folder, certificatePem } = await files();
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const start = (change: Partial<GatewayConfig>) =>
    startGateway(
      {
        path: join(folder, "repositories"),
        listen: { host: "127.0.0.1", port: 0 },
        tls: undefined,
        access: { kind: "open" },
        logLevel: "silent",
        ...change,
      },
      { log: silentLog },
    );
  await expect(start({ listen: { host: "127.0.0.1", port } })).rejects.toMatchObject({
    code: gatewayErrors.portTaken.code,
  });
  await expect(start({ listen: { host: "127.300.0.1", port: 0 } })).rejects.toMatchObject({
    code: gatewayErrors.unsafeListen.code,
  });
  const tls = { certificatePem, keyPem: "not a key" };
  await expect(start({ tls })).rejects.toMatchObject(badConfig);
  await expect(start({ path: "/dev/null/repositories" })).rejects.toMatchObject(badConfig);
});
