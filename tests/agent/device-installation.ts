import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { partHome, vaultPasswordFile } from "@holdfast/agent";
import type { Job, MessageFromAgent } from "@holdfast/contract";
import { temporaryDirectory } from "@holdfast/testkit";
import { controlServer, type ControlConnection } from "../../apps/agent/src/testing/control-server.ts";
import { heldGateway, vaultId } from "./held-gateway.ts";

const run = promisify(execFile);
const enrolmentToken = "a-token-that-is-long-enough";

export type Finished = Extract<MessageFromAgent, { type: "finished" }>;

/**
 * What an agent meets, without an agent: a server spoken by the test, and a real gateway whose storage the test can
 * hold in any call. `environment` is for the agent's process.
 */
export async function deviceInstallation() {
  const root = await temporaryDirectory();
  const server = await controlServer();
  const { access, storage, repository } = await heldGateway(server.authority, root);
  const home = path.join(root, "home");
  server.tokens.add(enrolmentToken);
  const environment = {
    HOLDFAST_HOME: home,
    HOLDFAST_SERVER_URL: server.url,
    HOLDFAST_ENROLMENT_TOKEN: enrolmentToken,
    HOLDFAST_CA_FINGERPRINT: server.authority.fingerprint,
    HOLDFAST_LOG_LEVEL: "debug",
  };
  const prepareVault: Job = {
    kind: "prepare-vault",
    vaultId,
    vaultName: "Files",
    access,
    keeperSealingKey: Buffer.alloc(32, 9).toString("base64"),
  };
  const backup = (...paths: string[]): Job => ({
    kind: "backup",
    vaultId,
    planId: "018f0000-0000-7000-8000-000000000006",
    technology: "incremental",
    access,
    spec: {
      paths,
      excludes: [],
      objectives: { rpoMinutes: 60, rtoMinutes: 60 },
      backupEveryMinutes: 60,
      fullEveryDays: 7,
      copies: 0,
      drillEveryDays: 7,
      retention: { keepDaily: 7, keepWeekly: 4, keepMonthly: 12 },
    },
  });
  const passwordFile = vaultPasswordFile(partHome(home, "agent"), vaultId);
  /** Stock restic on the repository's files. */
  const restic = (...words: string[]) =>
    run("restic", ["-r", repository, "--password-file", passwordFile, "--no-cache", ...words], { maxBuffer: 2 ** 26 });
  return { root, home, server, storage, environment, prepareVault, backup, passwordFile, restic };
}

/** Offers a job, and resolves with the run's id when the job has been sent. */
export async function handOut(connection: ControlConnection, job: Job): Promise<string> {
  const runId = randomUUID();
  connection.send({ type: "offer", runId });
  await connection.next("take");
  connection.send({ type: "job", runId, leaseId: randomUUID(), job });
  return runId;
}

/** How a run came out. Reports about runs before it may come first. */
export async function reportOf(connection: ControlConnection, runId: string): Promise<Finished> {
  for (;;) {
    const finished = await connection.next("finished");
    if (finished.runId === runId) return finished;
  }
}

/** Has a job done that is to succeed, and gives its report. */
export async function complete(connection: ControlConnection, job: Job): Promise<Finished> {
  const finished = await reportOf(connection, await handOut(connection, job));
  expect(finished).toMatchObject({ outcome: "succeeded" });
  return finished;
}

export function snapshotOf(finished: Finished): string {
  if (finished.result?.kind !== "backup") throw new Error("this is no backup");
  return finished.result.snapshotId;
}
