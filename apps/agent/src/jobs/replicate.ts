import { access } from "node:fs/promises";
import { join } from "node:path";
import { HoldfastError, count, formatBytes, isFailure, minuteMs } from "@holdfast/base";
import type { RunResult } from "@holdfast/contract";
import {
  copySnapshots,
  engineErrors,
  listSnapshots,
  Repository,
  type CopyProgress,
  type CopyResult,
  type SnapshotId,
} from "@holdfast/engine";
import { localStorage, type Storage } from "@holdfast/storage";
import type { KeeperConfig } from "../config.ts";
import { agentErrors } from "../errors.ts";
import { failureReport } from "../runs/outcome.ts";
import type { JobOf, JobOutcome, RunContext } from "../runs/run-context.ts";
import { openVault, type OpenVault, type VaultOpener } from "./open-vault.ts";
import { repositoryUser } from "./repository-user.ts";
import { stoppingStorage } from "./stopping-storage.ts";

type Pair = { from: SnapshotId; to: SnapshotId };

const retryForMs = 10 * minuteMs;
/** Of each kind; the report is one message. A catalogue that misses older pairs is completed from the repositories. */
const pairsNamedMax = 2500;

/**
 * Brings a vault's copy in one of this keeper's places up to date. The copy is a repository of its own, which opens with
 * the same password; every blob is decoded and its hash compared on the way.
 * @see docs/adr/0008-a-copy-is-a-repository-of-its-own.md
 */
export async function replicate(
  keeper: VaultOpener,
  places: KeeperConfig["places"],
  job: JobOf<"replicate">,
  run: RunContext,
): Promise<JobOutcome> {
  const folder = await folderOfPlace(places, job.place);
  const vault = await openVault(keeper, job, run);
  const copyStorage = stoppingStorage(localStorage(join(folder, job.vaultId), run), run.signal);
  try {
    const copy = await ensureCopy(copyStorage, vault, run);
    const result = await copyUnderLocks(vault.repository, copy, run);
    for (const { from, to } of result.copied) {
      run.say("info", `Snapshot ${from.slice(0, 8)} is at "${job.place}" as ${to.slice(0, 8)}.`);
    }
    run.say(
      "info",
      `Copied ${formatBytes(result.bytes)}, each blob proven; ${count(result.skipped.length, "snapshot")} stood there already.`,
    );
    const present = await presentPairs(copy, result.skipped, run.signal);
    return outcomeOf(job.place, result, present);
  } finally {
    await copyStorage.close();
    await vault.close();
  }
}

/** Jobs name a place; where it lies is this keeper's own affair. A disk that is not mounted is not made up for. */
async function folderOfPlace(places: KeeperConfig["places"], place: string): Promise<string> {
  const folder = Object.hasOwn(places, place) ? places[place] : undefined;
  if (folder === undefined) {
    throw new HoldfastError(agentErrors.placeUnknown, `This keeper has no place of the name "${place}".`);
  }
  try {
    await access(folder);
  } catch (error) {
    throw new HoldfastError(agentErrors.placeMissing, `The folder of the place "${place}" is not there.`, {
      cause: error,
    });
  }
  return folder;
}

async function ensureCopy(storage: Storage, vault: OpenVault, run: RunContext): Promise<Repository> {
  const { repository, password } = vault;
  const { chunkerPolynomial, version } = repository;
  try {
    const copy = await Repository.open(storage, { password, signal: run.signal }, run);
    // With other cuts nothing that two backups share would be shared in the copy.
    if (copy.chunkerPolynomial !== chunkerPolynomial) throw copyOfAnother(storage);
    return copy;
  } catch (error) {
    if (isFailure(error, engineErrors.wrongPassword)) throw copyOfAnother(storage, error);
    if (!isFailure(error, engineErrors.noRepository)) throw error;
  }
  const { hostname, username } = repositoryUser();
  return Repository.init(storage, { password, version, chunkerPolynomial, hostname, username }, run);
}

async function copyUnderLocks(from: Repository, to: Repository, run: RunContext): Promise<CopyResult> {
  const source = await from.lock("shared", { ...repositoryUser(), retryForMs }, run.signal);
  try {
    const target = await to.lock("shared", { ...repositoryUser(), retryForMs }, run.signal);
    try {
      const signal = AbortSignal.any([run.signal, source.signal, target.signal]);
      return await copySnapshots({ from, to }, (progress) => run.progress(progressOf(progress)), signal);
    } finally {
      await target.release();
    }
  } finally {
    await source.release();
  }
}

/** What is copied is snapshots, so they stand where other runs count files. */
function progressOf({ snapshotsDone, snapshotsTotal, bytesDone }: CopyProgress) {
  return {
    phase: "replicate",
    filesDone: snapshotsDone,
    totalFiles: snapshotsTotal,
    bytesDone,
    errors: 0,
    current: [],
  };
}

/** Under which names the copy has what it had before, so that a report that was lost costs the catalogue nothing. */
async function presentPairs(copy: Repository, skipped: readonly SnapshotId[], signal: AbortSignal): Promise<Pair[]> {
  const copies = new Map(
    (await listSnapshots(copy, () => {}, signal)).map((snapshot) => [snapshot.original ?? snapshot.id, snapshot.id]),
  );
  return skipped.flatMap((from) => {
    const to = copies.get(from);
    return to === undefined ? [] : [{ from, to }];
  });
}

function outcomeOf(place: string, result: CopyResult, present: readonly Pair[]): JobOutcome {
  const { copied, skipped, failed, blobs, bytes } = result;
  const report: RunResult = {
    kind: "replicate",
    place,
    copied: copied.slice(-pairsNamedMax),
    present: present.slice(-pairsNamedMax),
    alreadyThere: skipped.length,
    blobs,
    bytes,
  };
  const [first] = failed;
  if (first === undefined) return { outcome: "succeeded", result: report, failure: null };
  const others = failed.length === 1 ? "" : `, and ${failed.length - 1} more`;
  const message = `The snapshot ${first.id.slice(0, 8)} was not copied: ${first.message} (${first.code})${others}`;
  return {
    outcome: "warning",
    result: report,
    failure: failureReport(new HoldfastError(agentErrors.copyIncomplete, message)),
  };
}

function copyOfAnother(storage: Storage, cause?: unknown): HoldfastError {
  return new HoldfastError(agentErrors.copyOfAnother, `What lies at ${storage.location} is no copy of this vault.`, {
    cause,
  });
}
