import { HoldfastError, count, isFailure } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import { engineErrors } from "../errors.ts";
import type { Id, PackId } from "../id.ts";
import { packBytes, type PackedBlob } from "../pack/pack-header.ts";
import type { PackReading } from "../pack/pack-reading.ts";
import { inParallel } from "../repository/in-parallel.ts";
import type { Repository } from "../repository/repository.ts";
import type { PackReaders } from "./pack-readers.ts";
import { Finding } from "./report.ts";

/** A pack that is not as it was written, and which of its blobs cannot be had from it. */
export interface PackFault {
  readonly finding: Finding;
  readonly lost: readonly PackedBlob[];
}

export type PackFaults = Map<PackId, PackFault>;

/** What comparing the index with the packs that are stored shows. */
export interface PackCensus {
  readonly packs: number;
  readonly missing: PackFaults;
  /** Stored, but not of the size that follows from what the index says they hold. */
  readonly wrongSize: ReadonlySet<PackId>;
  /** Named by no index file: left over from interrupted backups. */
  readonly unindexed: { readonly packs: number; readonly bytes: number };
  /** With data and trees in one pack, as old versions of restic made them. */
  readonly mixed: number;
}

export async function countPacks(repository: Repository, signal: AbortSignal | undefined): Promise<PackCensus> {
  const sizes = new Map<Id, number>();
  const unindexed = { packs: 0, bytes: 0 };
  for await (const entry of repository.storage.list("pack", signal)) {
    const id = entry.name as Id;
    if (repository.hasPack(id)) sizes.set(id, entry.sizeBytes);
    else {
      unindexed.packs += 1;
      unindexed.bytes += entry.sizeBytes;
    }
  }
  const missing: PackFaults = new Map();
  const wrongSize = new Set<PackId>();
  let packs = 0;
  let mixed = 0;
  for (const { id, blobs } of repository.packs()) {
    packs += 1;
    if (new Set(blobs.map((blob) => blob.type)).size > 1) mixed += 1;
    if (!sizes.has(id)) missing.set(id, { finding: missingPack(id), lost: blobs });
    else if (sizes.get(id) !== packBytes(blobs)) wrongSize.add(id);
  }
  return { packs, missing, wrongSize, unindexed, mixed };
}

/**
 * Reads packs completely and says what is wrong with them.
 * @param isChosen which of the packs in the index to read
 * @param onPack called after each, with the bytes that were read
 * @param onTransient hears of what a second look did not find
 */
export async function readPacks(
  repository: Repository,
  readers: PackReaders,
  { isChosen, isOfSize }: { isChosen: (id: PackId) => boolean; isOfSize: (id: PackId) => boolean },
  { onPack, onTransient }: { onPack: (bytes: number) => void; onTransient: (id: PackId, finding: string) => void },
  signal: AbortSignal | undefined,
): Promise<PackFaults> {
  const faults: PackFaults = new Map();
  const read = async (id: PackId, blobs: readonly PackedBlob[]): Promise<PackReading> => {
    try {
      return await readers.read(id, blobs, isOfSize(id), signal);
    } catch (error) {
      if (!isGone(error)) throw error;
      return { findings: [error.message], brokenBlobs: blobs, bytesRead: 0 };
    }
  };
  const chosen = repository.packs().filter((pack) => isChosen(pack.id));
  // One pack is read while each thread has one: more would only take memory, and make a disk seek.
  await inParallel(chosen, readers.threads.count + 1, async ({ id, blobs }) => {
    signal?.throwIfAborted();
    let reading = await read(id, blobs);
    const [first] = reading.findings;
    // A second look tells damage of the file from damage on the way.
    if (first !== undefined) reading = await read(id, blobs);
    onPack(reading.bytesRead);
    if (reading.findings.length === 0) {
      if (first !== undefined) onTransient(id, first);
      return;
    }
    const finding = new Finding(engineErrors.packDamaged, describe(id, reading), { packId: id });
    faults.set(id, { finding, lost: reading.brokenBlobs });
  });
  return faults;
}

function isGone(error: unknown): error is HoldfastError {
  return isFailure(error, storageErrors.missing) || isFailure(error, storageErrors.shortRead);
}

function missingPack(id: PackId): Finding {
  return new Finding(engineErrors.packMissing, `Pack ${id} is missing.`, { packId: id });
}

function describe(id: PackId, { findings, brokenBlobs }: PackReading): string {
  const lost =
    brokenBlobs.length === 0 ? "no blob of it is lost" : `${count(brokenBlobs.length, "blob")} of it cannot be read`;
  const more = findings.length < 2 ? "" : ` And ${count(findings.length - 1, "further finding")}.`;
  return `Pack ${id} is damaged; ${lost}. ${findings[0]}${more}`;
}
