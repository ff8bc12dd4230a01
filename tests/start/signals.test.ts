import { randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MiB } from "@holdfast/base";
import { holdfastProgram, mustRun } from "./program.ts";

const variables = { HOLDFAST_PASSWORD: "correct" };

let folder = "";
let source = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-signals-"));
  source = join(folder, "source");
  mkdirSync(source);
  for (let number = 0; number < 12; number += 1) writeFileSync(join(source, `file-${number}`), randomBytes(6 * MiB));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A backup that gets `signal` in the middle of its work. */
async function interrupted(signal: NodeJS.Signals, repository: string) {
  await mustRun(process.execPath, [holdfastProgram, "init", "-q", "-r", repository], { variables });
  const child = spawn(process.execPath, [holdfastProgram, "backup", "--json", "-r", repository, source], {
    env: { ...process.env, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr, isSent] = ["", "", false];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (!isSent && text.includes('"bytes_done"')) isSent = child.kill(signal);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const exitCode = await new Promise<number | null>((done) => child.on("close", done));
  return { exitCode, stdout, stderr, isSent };
}

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends a backup with 130, and nothing of it is in the way",
  async (signal) => {
    const repository = join(folder, signal);
    const said = await interrupted(signal, repository);
    expect(said).toMatchObject({ exitCode: 130, isSent: true });
    expect(JSON.parse(said.stderr)).toMatchObject({ message_type: "exit_error", code: 130, error: "CLI_INTERRUPTED" });
    expect(readdirSync(join(repository, "locks"))).toEqual([]);
    expect(readdirSync(join(repository, "snapshots"))).toEqual([]);
    await mustRun(process.execPath, [holdfastProgram, "backup", "-q", "-r", repository, source], { variables });
    await mustRun(process.execPath, [holdfastProgram, "check", "--read-data", "-r", repository], { variables });
  },
);

test("a terminal that closes does not end a backup", async () => {
  const said = await interrupted("SIGHUP", join(folder, "SIGHUP"));
  expect(said).toMatchObject({ exitCode: 0, isSent: true, stderr: "" });
  expect(said.stdout).toContain('"snapshot_id"');
});
