import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog } from "@holdfast/base";
import { seededRandom, temporaryDirectory, testAuthority } from "@holdfast/testkit";
import { expect, onTestFinished, test } from "vitest";
import { tokenSha256 } from "./access/token-hash.ts";
import { startGateway } from "./gateway.ts";

const seed = 815;
const repositoryPassword = "not-a-secret-in-a-test";

interface Outcome {
  readonly code: number | null;
  readonly text: string;
}

test(`the stock restic client works through the gateway, and a device's token removes nothing but locks (seed ${seed})`, async () => {
  const folder = await temporaryDirectory();
  const authority = await testAuthority();
  const tokens = { device: "a-device's-token", keeper: "a-keeper's-token" };
  const grant = { repository: "acme/web-1", mayRead: true, quotaBytes: undefined };
  const gateway = await startGateway(
    {
      path: join(folder, "gateway"),
      listen: { host: "127.0.0.1", port: 0 },
      tls: await authority.issue("gateway"),
      access: {
        kind: "static",
        grants: [
          { ...grant, appendOnly: true, tokenSha256: tokenSha256(tokens.device) },
          { ...grant, appendOnly: false, tokenSha256: tokenSha256(tokens.keeper) },
        ],
      },
      logLevel: "silent",
    },
    { log: silentLog },
  );
  onTestFinished(() => gateway.close());
  await writeFile(join(folder, "ca.pem"), authority.caPem);
  const source = await sourceFolder(folder);

  const restic = async (token: string, options: readonly string[], interruptAt?: string): Promise<Outcome> => {
    const url = new URL("/acme/web-1/", gateway.url);
    url.username = "holdfast";
    url.password = token;
    const env = {
      PATH: process.env["PATH"],
      HOME: folder,
      RESTIC_REPOSITORY: `rest:${url.href}`,
      RESTIC_PASSWORD: repositoryPassword,
      RESTIC_CACHE_DIR: join(folder, "cache"),
      RESTIC_PROGRESS_FPS: "0.1",
    };
    const child = spawn("restic", ["--cacert", join(folder, "ca.pem"), ...options], { env, timeout: 60_000 });
    let text = "";
    const heard = (piece: Buffer) => {
      text += piece.toString();
      if (interruptAt !== undefined && text.includes(interruptAt)) child.kill("SIGINT");
    };
    child.stdout.on("data", heard);
    child.stderr.on("data", heard);
    const [code] = (await once(child, "close")) as [number | null];
    return { code, text };
  };
  const succeeds = async (token: string, ...options: string[]) => {
    const outcome = await restic(token, options);
    expect(outcome.code, outcome.text).toBe(0);
  };
  const repository = join(folder, "gateway", "acme", "web-1");

  await succeeds(tokens.device, "init");
  expect((await restic(tokens.device, ["init"])).code).not.toBe(0);
  await succeeds(tokens.device, "backup", source);
  await writeFile(join(source, "new"), "one more");
  await succeeds(tokens.device, "backup", source);
  expect(await readdir(join(repository, "locks")), "a device removes its own locks").toEqual([]);
  await succeeds(tokens.device, "check", "--read-data");

  await succeeds(tokens.device, "restore", "latest", "--target", join(folder, "restored"));
  for (const name of await readdir(source)) {
    const restored = await readFile(join(folder, "restored", source, name));
    expect(restored.equals(await readFile(join(source, name))), name).toBe(true);
  }

  // restic tries a refused removal again for minutes; once is enough.
  const snapshots = await readdir(join(repository, "snapshots"));
  expect(snapshots).toHaveLength(2);
  const refused = await restic(tokens.device, ["forget", "--keep-last", "1"], "(403)");
  expect(refused.text).toContain("(403)");
  expect(await readdir(join(repository, "snapshots"))).toEqual(snapshots);
  expect(await readdir(join(repository, "locks"))).toEqual([]);

  await succeeds(tokens.keeper, "forget", "--keep-last", "1", "--prune");
  expect(await readdir(join(repository, "snapshots"))).toHaveLength(1);
  await succeeds(tokens.keeper, "check", "--read-data");

  const denied = await restic("a-stranger's-token", ["snapshots"]);
  expect(denied.code).not.toBe(0);
  expect(denied.text).toContain("401");

  // The folder is an ordinary repository.
  const env = { PATH: process.env["PATH"], HOME: folder, RESTIC_PASSWORD: repositoryPassword };
  const check = spawn("restic", ["--no-cache", "-r", repository, "check"], { env, stdio: "ignore", timeout: 60_000 });
  expect(await once(check, "close")).toEqual([0, null]);
}, 120_000);

async function sourceFolder(folder: string): Promise<string> {
  const random = seededRandom(seed);
  const source = join(folder, "source");
  await mkdir(source);
  for (let index = 0; index < 40; index += 1)
    await writeFile(join(source, `file-${index}`), random.bytes(index * 2000));
  await writeFile(join(source, "large"), random.bytes(20 * 2 ** 20));
  return source;
}
