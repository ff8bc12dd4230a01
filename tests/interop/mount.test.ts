import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MiB } from "@holdfast/base";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { expect, onTestFinished, test } from "vitest";
import { holdfastProgram, mustRun } from "../start/program.ts";
import { exactListing } from "./exact-listing.ts";
import { holdfastBackup, initRepository } from "./holdfast.ts";
import { password } from "./restic.ts";

const has = (command: string) => spawnSync(command, ["--version"]).status === 0;

/** A snapshot of some folders, and the address at which the program serves it until the test ends. */
async function serve() {
  const dir = await temporaryDirectory();
  const [repository, source] = [join(dir, "repository"), join(dir, "source")];
  const random = seededRandom(20_276);
  for (const folder of ["a", "a/b c", "ä/<&>"]) mkdirSync(join(source, folder), { recursive: true });
  writeFileSync(join(source, "a/b c/large"), random.bytes(20 * MiB));
  for (let at = 0; at < 300; at += 1) writeFileSync(join(source, `ä/<&>/${at}%'"`), random.bytes(at * 10));
  await initRepository(repository);
  await holdfastBackup(repository, ["."], { cwd: source });
  const words = [holdfastProgram, "-r", repository, "mount", "--json"];
  const child = spawn(process.execPath, words, {
    env: { HOLDFAST_PASSWORD: password },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
    expect(errors).toBe("");
  });
  const [first] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  const { url } = JSON.parse(first) as { url: string };
  return { dir, source, url };
}

test.skipIf(!has("curl"))("curl reads a file of a mounted repository, and the middle of it", async () => {
  const { dir, source, url } = await serve();
  const wanted = readFileSync(join(source, "a/b c/large"));
  const [whole, part] = [join(dir, "whole"), join(dir, "part")];
  const address = `${url}snapshots/latest/a/b%20c/large`;
  await mustRun("curl", ["-sf", "--limit-rate", "30M", "-o", whole, address]);
  await mustRun("curl", ["-sf", "-r", "9000000-9500000", "-o", part, address]);
  expect(readFileSync(whole).equals(wanted)).toBe(true);
  expect(readFileSync(part).equals(wanted.subarray(9_000_000, 9_500_001))).toBe(true);
});

test.skipIf(!has("rclone"))("rclone copies all files of a mounted repository, with their names and times", async () => {
  const { dir, source, url } = await serve();
  const target = join(dir, "target");
  await mustRun("rclone", ["--config", "", "copy", `:webdav,url='${url}':snapshots/latest`, target]);
  // WebDAV has times to the second, and no owners and modes.
  const contents = (folder: string) =>
    exactListing(folder)
      .filter((line) => / [0-9a-f]{64}$/.test(line))
      .map((line) => line.replace(/ \d+ \d+ \d+ \d+ (?=\d+ [0-9a-f]{64}$)/, " "));
  expect(contents(target)).toEqual(contents(source));
});
