import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { silentLog } from "@holdfast/base";
import { startGateway, tokenSha256 } from "@holdfast/gateway";
import { temporaryDirectory } from "@holdfast/testkit";
import { commandLine } from "../command-line.fixture.ts";

const token = "a token of the test";

/** A gateway on loopback with one repository that an append-only token opens. */
async function gatewayUrl(): Promise<string> {
  const path = join(await temporaryDirectory(), "repositories");
  await mkdir(path);
  const grant = { repository: "alpha", appendOnly: true, mayRead: true, quotaBytes: undefined };
  const gateway = await startGateway(
    {
      path,
      listen: { host: "127.0.0.1", port: 0 },
      tls: undefined,
      access: { kind: "static", grants: [{ ...grant, tokenSha256: tokenSha256(token) }] },
      logLevel: "error",
    },
    { log: silentLog },
  );
  onTestFinished(() => gateway.close());
  return `rest:${gateway.url}/alpha/`;
}

test("a repository behind a gateway serves every command, with a token that cannot delete", async () => {
  const url = await gatewayUrl();
  const variables = { RESTIC_REPOSITORY: url, HOLDFAST_REPOSITORY: "", RESTIC_REST_USERNAME: "alpha" };
  const { run, source, folder } = await commandLine({ variables: { ...variables, RESTIC_REST_PASSWORD: token } });
  expect(await run("init")).toMatchObject({ exitCode: 0, errors: "" });
  expect(await run("backup", source)).toMatchObject({ exitCode: 0, errors: "" });
  expect((await run("snapshots")).output).toContain("1 snapshot\n");
  expect(await run("check", "--read-data")).toMatchObject({ exitCode: 0, errors: "" });
  const restored = await run("restore", "latest", "--target", join(folder, "target"), "--quiet");
  expect(restored).toMatchObject({ exitCode: 0, output: "" });
  // What the storage does not give up stays, and the exit code says so.
  expect(await run("forget", "latest")).toMatchObject({
    exitCode: 3,
    errors: expect.stringMatching(/holdfast: STORAGE_DENIED: snapshot [^\n]+\nholdfast: CLI_FORGET_INCOMPLETE: /),
  });
  expect(await run("tag", "--add", "x")).toMatchObject({
    exitCode: 1,
    errors: expect.stringContaining("holdfast: STORAGE_DENIED: "),
  });
  expect((await run("snapshots", "--latest", "1")).output).toContain("1 snapshot\n");
});

test("a token that opens nothing is told in one line, and is not in it", async () => {
  const variables = { HOLDFAST_REPOSITORY: await gatewayUrl(), RESTIC_REST_USERNAME: "alpha" };
  const { run } = await commandLine({ variables: { ...variables, RESTIC_REST_PASSWORD: "some other token" } });
  const said = await run("snapshots");
  expect(said).toMatchObject({ exitCode: 1, output: "" });
  expect(said.errors).toMatch(/^holdfast: STORAGE_DENIED: [^\n]+\n$/);
  expect(said.errors).not.toContain("some other token");
});
