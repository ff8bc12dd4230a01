import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, unlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { Repository } from "@holdfast/engine";
import { localStorage } from "@holdfast/storage";
import type { JobOf } from "../../apps/agent/src/runs/run-context.ts";
import { replicate } from "../../apps/agent/src/jobs/replicate.ts";
import { testRun } from "../../apps/agent/src/testing/run-context.ts";
import { vaultId } from "./held-gateway.ts";
import { context, password, sealedVault } from "./sealed-vault.ts";

const run = promisify(execFile);

async function situation() {
  const vault = await sealedVault();
  const place = path.join(vault.root, "offsite");
  await mkdir(place);
  const job: JobOf<"replicate"> = { kind: "replicate", ...vault.vaultJob, place: "offsite" };
  const copy = path.join(place, vaultId);
  const passwordFile = path.join(vault.root, "password");
  await writeFile(passwordFile, password);
  /** Stock restic on the copy, which opens with the vault's password. */
  const restic = (...words: string[]) =>
    run("restic", ["-r", copy, "--password-file", passwordFile, "--no-cache", ...words]);
  return { ...vault, places: { offsite: place }, job, copy, restic };
}

test("a copy opens with the vault's password, holds every snapshot, and what it has is not copied again", async () => {
  const { keeper, places, job, put, backUp, restic, polynomial, copy } = await situation();
  await put("first", 3_000_000);
  const first = await backUp();
  expect(await replicate(keeper, places, job, testRun())).toMatchObject({
    outcome: "succeeded",
    result: { place: "offsite", copied: [{ from: first.snapshotId }], present: [], alreadyThere: 0 },
  });
  await put("second", 100_000);
  const second = await backUp();
  const { result } = await replicate(keeper, places, job, testRun());
  expect(result).toMatchObject({ copied: [{ from: second.snapshotId }], present: [{ from: first.snapshotId }] });
  expect(result?.kind === "replicate" && result.bytes).toBeLessThan(200_000);
  await restic("check", "--read-data");
  expect(JSON.parse((await restic("snapshots", "--json")).stdout)).toHaveLength(2);
  const opened = await Repository.open(localStorage(copy), { password }, context);
  expect(opened.chunkerPolynomial).toBe(polynomial);
});

test("a place that the keeper does not have, or whose disk is not mounted, gets nothing made in it", async () => {
  const { keeper, places, job, root } = await situation();
  for (const place of ["elsewhere", "__proto__", "constructor", "../offsite"]) {
    await expect(replicate(keeper, places, { ...job, place }, testRun())).rejects.toMatchObject({
      code: "AGENT_PLACE_UNKNOWN",
    });
  }
  const unmounted = { offsite: path.join(root, "not", "mounted") };
  await expect(replicate(keeper, unmounted, job, testRun())).rejects.toMatchObject({ code: "AGENT_PLACE_MISSING" });
  expect(existsSync(path.join(root, "not"))).toBe(false);
  expect(await readdir(places.offsite)).toEqual([]);
});

test("a repository of somebody else in the copy's place is not touched", async () => {
  const { keeper, places, job, copy, put, backUp } = await situation();
  await put("file", 1000);
  await backUp();
  const own = { hostname: "h", username: "u", kdf: { N: 2, r: 1, p: 1 } };
  for (const foreign of [{ password: "another" }, { password }]) {
    const storage = localStorage(copy);
    await Repository.init(storage, { ...own, ...foreign }, context);
    await expect(replicate(keeper, places, job, testRun())).rejects.toMatchObject({ code: "AGENT_COPY_OF_ANOTHER" });
    expect(await Array.fromAsync(storage.list("snapshot"))).toEqual([]);
    await Promise.all(
      (await readdir(copy, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => unlink(path.join(entry.parentPath, entry.name))),
    );
  }
});

test("a replication that ends in the middle gives both repositories back, and the next one completes it", async () => {
  const { keeper, places, job, put, backUp, restic, storage, copy } = await situation();
  await put("file", 3_000_000);
  const { snapshotId } = await backUp();
  const pause = storage.pauseBefore("stream", "pack");
  const ended = testRun();
  const replicating = replicate(keeper, places, job, ended);
  await pause.reached;
  ended.end();
  pause.resume();
  await expect(replicating).rejects.toThrow("the test ends the run");
  expect(await storage.names("lock")).toEqual([]);
  expect(await readdir(path.join(copy, "locks"))).toEqual([]);
  const { result } = await replicate(keeper, places, job, testRun());
  expect(result).toMatchObject({ copied: [{ from: snapshotId }] });
  await restic("check", "--read-data");
});

test("a damaged snapshot is not copied and named, and all others are", async () => {
  const { keeper, places, job, put, backUp, storage, repository, restic, source } = await situation();
  await put("first", 100_000);
  const damaged = await backUp();
  const packs = await storage.names("pack");
  await unlink(path.join(source, "first"));
  await put("second", 100_000);
  const whole = await backUp();
  for (const pack of packs) await unlink(path.join(repository, "data", pack.slice(0, 2), pack));

  const { outcome, result, failure } = await replicate(keeper, places, job, testRun());
  expect(result).toMatchObject({ copied: [{ from: whole.snapshotId }] });
  expect([outcome, failure?.code]).toEqual(["warning", "AGENT_COPY_INCOMPLETE"]);
  expect(failure?.message).toContain(damaged.snapshotId.slice(0, 8));
  await restic("check", "--read-data");
});

test("a vault that is sealed to another keeper is not opened", async () => {
  const { places, job } = await situation();
  const another = await sealedVault();
  await expect(replicate(another.keeper, places, job, testRun())).rejects.toMatchObject({
    code: "AGENT_PASSWORD_NOT_OURS",
  });
});
