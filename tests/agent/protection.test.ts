import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, link, mkdir, readFile, readdir, symlink, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { partHome, vaultPasswordFile } from "@holdfast/agent";
import { newReaderKey, openAnswer, type CallInput } from "@holdfast/client";
import { listedEntry, type Run } from "@holdfast/contract";
import { verifyCertificate, verifyCertificateChain, type Certificate } from "@holdfast/domain";
import { seededRandom } from "@holdfast/testkit";
import { must, wholeInstallation, type ResultOf, type WholeInstallation } from "./whole-installation.ts";

const run = promisify(execFile);
const seed = Number(process.env["HOLDFAST_TEST_SEED"] ?? 40_961);

/** A source with some of everything that a drill has to bring back. */
async function awkwardSource(root: string): Promise<string> {
  const source = path.join(root, "source");
  await mkdir(path.join(source, "folder", "empty"), { recursive: true });
  await writeFile(path.join(source, "folder", "a file"), "content of a file");
  // Nothing compresses it, so the largest pack is full of it.
  await writeFile(path.join(source, "folder", "large"), seededRandom(4711).bytes(9_000_000));
  await writeFile(Buffer.concat([Buffer.from(`${source}/`), Buffer.of(0xff, 0x0a)]), "a name that is not UTF-8");
  await writeFile(path.join(source, "sparse"), "");
  await truncate(path.join(source, "sparse"), 3_000_000);
  await symlink("to/nowhere", path.join(source, "link"));
  await link(path.join(source, "folder", "a file"), path.join(source, "second name"));
  await chmod(path.join(source, "folder", "empty"), 0o1555);
  return source;
}

function restic(repository: string, passwordFile: string, ...words: string[]) {
  return run("restic", ["-r", repository, "--password-file", passwordFile, "--no-cache", ...words]);
}

async function ask(
  installation: WholeInstallation,
  operation: "listDirectory" | "readFile",
  snapshotId: string,
  at: string,
): Promise<Buffer> {
  const reader = await newReaderKey();
  const params = { deviceId: installation.deviceId, snapshotId };
  const body = { path: at, readerKey: reader.publicKey };
  const response = await installation.client.call(operation, { params, body });
  const pieces: Uint8Array[] = [];
  for await (const piece of openAnswer(reader, response.body as unknown as AsyncIterable<Uint8Array>))
    pieces.push(piece);
  return Buffer.concat(pieces);
}

async function certificatesOf({ client, deviceId }: WholeInstallation): Promise<Certificate[]> {
  return (await client.call("listCertificates", { params: { deviceId } })).items.toReversed();
}

interface Pack {
  readonly file: string;
  readonly bytes: Buffer;
}

async function packsOf(repository: string): Promise<Pack[]> {
  const data = path.join(repository, "data");
  const names = (await readdir(data, { recursive: true })).filter((name) => /[0-9a-f]{64}$/.test(name)).sort();
  return Promise.all(
    names.map((name) => path.join(data, name)).map(async (file) => ({ file, bytes: await readFile(file) })),
  );
}

/** Flips one bit of a pack where it lies. @returns what brings it back */
async function flipBit({ file, bytes }: Pack, bit: number): Promise<() => Promise<void>> {
  const flipped = Buffer.from(bytes);
  flipped[bit >> 3]! ^= 1 << (bit & 7);
  await chmod(file, 0o600);
  await writeFile(file, flipped);
  return () => writeFile(file, bytes);
}

test("a folder is assessed, backed up, replicated, drilled and browsed; a flipped bit turns the drill red", async () => {
  const installation = await wholeInstallation();
  const { root, home, client, deviceId } = installation;
  const source = await awkwardSource(root);
  const { vaultId, planId } = await installation.protect(source);
  const passwordFile = vaultPasswordFile(partHome(home, "agent"), vaultId);
  const asked = async (body: CallInput<"createRun">["body"]) => must(installation.run(body));

  const full = (await asked({ kind: "backup", planId, technology: "full" })) as ResultOf<"backup">;
  await writeFile(path.join(source, "folder", "a file"), "other content");
  const second = (await asked({ kind: "backup", planId, technology: "incremental" })) as ResultOf<"backup">;
  expect(second).toMatchObject({ parent: full.snapshotId, filesChanged: 2, unreadCount: 0 });

  // The server replicates each good backup by itself; whichever came first, both are in the copy in the end.
  const replicated = (await asked({ kind: "replicate", planId })) as ResultOf<"replicate">;
  expect(replicated.copied.length + replicated.alreadyThere).toBe(2);
  const copies = await restic(installation.copyFolder(vaultId), passwordFile, "snapshots", "--json");
  expect((JSON.parse(copies.stdout) as { original: string }[]).map((copy) => copy.original).sort()).toEqual(
    [full.snapshotId, second.snapshotId].sort(),
  );
  await restic(installation.copyFolder(vaultId), passwordFile, "check", "--read-data");

  const drilled = (await asked({ kind: "drill", planId })) as ResultOf<"drill">;
  expect(drilled).toMatchObject({ passed: true, snapshotId: second.snapshotId, differences: 0, files: 5 });
  const [certificate] = await certificatesOf(installation);
  expect(certificate?.body).toMatchObject({ result: "passed", snapshot: { tree: second.tree }, previousHash: "" });
  const kept = await readFile(path.join(home, "certificates", `${drilled.certificateId}.json`), "utf8");
  expect(JSON.parse(kept)).toEqual(certificate);
  const issuers = [certificate!.body.issuer.publicKey];
  expect(await verifyCertificate(certificate!, { issuers })).toEqual({ valid: true });
  expect(await readdir(path.join(home, "keeper", "scratch"))).toEqual([]);

  const top = Buffer.from(source.slice(1)).toString("base64url");
  const listing = (await ask(installation, "listDirectory", second.snapshotId, top)).toString().trimEnd().split("\n");
  const entries = listing.map((line) => listedEntry.parse(JSON.parse(line)));
  expect(entries.map((entry) => entry.name)).toEqual(["folder", "link", "second name", "sparse", "\\xff\\n"]);
  const foreign = entries.find((entry) => entry.name === "\\xff\\n")!;
  expect((await ask(installation, "readFile", second.snapshotId, foreign.path)).toString()).toBe(
    "a name that is not UTF-8",
  );
  const large = Buffer.from(`${source.slice(1)}/folder/large`).toString("base64url");
  const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  expect(hash(await ask(installation, "readFile", second.snapshotId, large))).toBe(
    hash(await readFile(path.join(source, "folder", "large"))),
  );
  const nowhere = Buffer.from("etc/shadow").toString("base64url");
  await expect(ask(installation, "readFile", second.snapshotId, nowhere)).rejects.toMatchObject({
    code: "ENGINE_PATH_MISSING",
  });

  const packs = await packsOf(installation.repositoryFolder(vaultId));
  const largest = packs.reduce((one, other) => (other.bytes.length > one.bytes.length ? other : one));
  await flipBit(largest, largest.bytes.length * 4);
  const failed: Run = await installation.run({ kind: "drill", planId });
  expect(failed).toMatchObject({ state: "failed", failure: { code: "AGENT_DRILL_FAILED" } });
  const chain = await certificatesOf(installation);
  expect(chain.length).toBe(2);
  const { body } = chain[1]!;
  expect(body.result).toBe("failed");
  expect(body.differences.examples.join("\n")).toContain(path.join(source, "folder", "large"));
  expect(await verifyCertificateChain(chain, { issuers })).toEqual({ valid: true });
  const { lastDrill } = await client.call("getDevice", { params: { deviceId } });
  expect(lastDrill).toMatchObject({ passed: false, certificateId: body.certificateId });

  // The copy was made before, so it is whole.
  await restic(installation.copyFolder(vaultId), passwordFile, "check", "--read-data");
});

test(`a drill is red exactly when stock restic cannot restore the snapshot (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  const installation = await wholeInstallation();
  const source = await awkwardSource(installation.root);
  const { vaultId, planId } = await installation.protect(source);
  const passwordFile = vaultPasswordFile(partHome(installation.home, "agent"), vaultId);
  await must(installation.run({ kind: "backup", planId, technology: "full" }));
  // What only the first snapshot needs can be damaged without harm to the one that is drilled.
  await writeFile(path.join(source, "folder", "large"), random.bytes(2_000_000));
  await must(installation.run({ kind: "backup", planId, technology: "incremental" }));

  const repository = installation.repositoryFolder(vaultId);
  const packs = (await packsOf(repository)) as [Pack, ...Pack[]];
  const seen = new Set<string>();
  for (let round = 0; round < 12; round += 1) {
    const pack = random.pick(packs);
    const bit = random.below(pack.bytes.length * 8);
    const bringBack = await flipBit(pack, bit);
    const target = path.join(installation.root, `restored-${round}`);
    const restores = await restic(repository, passwordFile, "restore", "latest", "--target", target).then(
      () => true,
      () => false,
    );
    const { state, result } = await installation.run({ kind: "drill", planId });
    const where = `bit ${bit} of ${pack.file}`;
    expect([where, state]).toEqual([where, restores ? "succeeded" : "failed"]);
    expect(result).toMatchObject({ kind: "drill", passed: restores });
    await bringBack();
    seen.add(state);
  }
  expect(seen).toEqual(new Set(["succeeded", "failed"])); // else it has shown only one half
  await must(installation.run({ kind: "drill", planId }));
});
