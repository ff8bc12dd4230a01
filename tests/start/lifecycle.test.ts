import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { apiClient } from "@holdfast/client";
import { holdfastProgram, mustRun } from "./program.ts";

const parts = ["server", "gateway", "keeper", "agent"] as const;

let folder = "";
let home = "";
let source = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-up-"));
  home = join(folder, "home");
  source = join(folder, "source");
  mkdirSync(source);
  for (let number = 0; number < 50; number += 1) writeFileSync(join(source, `file-${number}`), `number ${number}`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));

/** `holdfast up` as it goes on, with what it has said so far. */
class Up {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  stdout = "";
  stderr = "";

  constructor(...words: string[]) {
    this.child = spawn(process.execPath, [holdfastProgram, "up", "--home", home, "--path", source, ...words], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.ended = new Promise((done) => this.child.on("close", done));
  }

  async says(text: string): Promise<void> {
    await until(() => {
      if (this.child.exitCode !== null) throw new Error(`up ended:\n${this.stdout}\n${this.stderr}`);
      return this.stdout.includes(text);
    });
  }
}

async function until(isSo: () => boolean, lookEveryMs = 100): Promise<void> {
  for (let leftMs = 120_000; !isSo(); leftMs -= lookEveryMs) {
    if (leftMs < 0) throw new Error("It did not come to that within two minutes.");
    await sleep(lookEveryMs);
  }
}

/** Processes with this test's home on their command line: the parts and the database. */
function running(): { readonly pid: number; readonly line: string }[] {
  return globSync("/proc/[0-9]*/cmdline").flatMap((file) => {
    const line = existsSync(file) ? readFileSync(file, "utf8").replaceAll("\0", " ") : "";
    return line.includes(home) ? [{ pid: Number(file.split("/")[2]), line }] : [];
  });
}

function pidOf(part: (typeof parts)[number]): number {
  return running().find(({ line }) => line.includes(` ${part} --home`))?.pid ?? 0;
}

/** Another device joins by hand, as the console tells people to: the token in a file, the authority by its fingerprint. */
async function enrolAnother(link: string): Promise<void> {
  const token = readFileSync(join(home, "server", "installation-token"), "utf8").trim();
  const api = apiClient({ baseUrl: new URL(link).origin, token });
  const { items } = await api.call("listOrganisations", {});
  const { organisationId = "" } = items.find(({ kind }) => kind === "client") ?? {};
  const body = { kind: "device", organisationId, expiresInMinutes: 5, uses: 1 } as const;
  const made = await api.call("createEnrolmentToken", { body });
  const tokenFile = join(folder, "token");
  writeFileSync(tokenFile, `${made.token}\n`);
  const words = ["agent", "enrol", "--home", join(folder, "other"), "--name", "other", "--server", made.serverUrl];
  const trust = ["--token-file", tokenFile, "--ca-fingerprint", made.caFingerprint];
  const said = await mustRun(process.execPath, [holdfastProgram, ...words, ...trust]);
  expect(said).toContain(`enrolled as "other" at ${made.serverUrl}`);
  const { items: devices } = await api.call("listDevices", {});
  expect(devices.map(({ name }) => name)).toContain("other");
}

test("a second one on the same home is refused, another device joins by hand, and Ctrl-C stops it all", async () => {
  const up = new Up();
  await up.says("Everything runs");
  expect(parts.map((part) => pidOf(part) > 0)).toEqual([true, true, true, true]);
  const second = new Up("--once");
  expect(await second.ended).toBe(1);
  expect(second.stderr).toMatch(/^holdfast: DATABASE_IN_USE: [^\n]+\n$/);
  const link = await mustRun(process.execPath, [holdfastProgram, "admin", "sign-in-link", "--home", home]);
  expect(up.stdout).toContain(`Console      ${new URL(link).origin}\n`);
  await enrolAnother(link);
  up.child.kill("SIGINT");
  up.child.kill("SIGINT"); // npm passes on what the terminal has already told
  expect(await up.ended).toBe(0);
  expect(up.stderr).toBe("");
  expect(running()).toEqual([]);
});

test("a part that dies is named with its last words, the others are stopped, and the code is 1", async () => {
  const up = new Up();
  await up.says("Everything runs");
  process.kill(pidOf("gateway"), "SIGKILL");
  expect(await up.ended).toBe(1);
  expect(up.stderr).toMatch(/The last .* that the gateway wrote:\n/);
  expect(up.stderr).toMatch(
    /^holdfast: UP_PART_FAILED: The gateway was ended by SIGKILL; its log is \S+gateway\.log\./m,
  );
  expect(running()).toEqual([]);
});

test("no part outlives an `up` that was killed, and the next start goes on", async () => {
  const up = new Up();
  await up.says("Full backup");
  up.child.kill("SIGKILL");
  await until(() => running().length === 0);
  const next = new Up("--once", "--json");
  expect(await next.ended).toBe(0);
  const { snapshots, drill } = JSON.parse(next.stdout) as { snapshots: string[]; drill: { result: string } };
  expect(snapshots.length).toBeGreaterThanOrEqual(2);
  expect(drill.result).toBe("passed");
});

test("a port that another program takes at the last moment is avoided", async () => {
  const up = new Up("--once");
  let port = 0;
  await until(() => {
    const server = running().find(({ line }) => line.includes(" server --home"));
    port = Number(/--gateway-url https:\/\/127\.0\.0\.1:(\d+)/.exec(server?.line ?? "")?.[1] ?? 0);
    return port > 0;
  }, 10);
  const squatter = createServer().listen(port, "127.0.0.1");
  onTestFinished(() => void squatter.close());
  expect({ exitCode: await up.ended, stderr: up.stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(up.stdout).toContain("starting over");
});

test("a folder that is not there is told before anything is started", async () => {
  rmSync(source, { recursive: true });
  const up = new Up("--once");
  expect(await up.ended).toBe(1);
  expect(up.stderr).toMatch(/^holdfast: UP_PATH_MISSING: [^\n]+\n$/);
  expect(existsSync(home)).toBe(false);
});
