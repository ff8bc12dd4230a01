import type { BlobId } from "../id.ts";
import { unpackFailure } from "../threads/carried-failure.ts";
import { Batch, type Plan, type PlannedChunk } from "./batch.ts";
import type { Crew } from "./crew.ts";
import type { WithheldMetadata } from "./metadata.ts";
import type { EntryTrouble, WriteJob } from "./restore-job.ts";
import type { SegmentFetcher } from "./segment-fetcher.ts";
import type { TargetDirectory } from "./target-tree.ts";

/** An entry that is to be written, so that it can be tried again. */
export interface PlannedEntry {
  readonly plan: Plan;
  /** Held open until the entry is settled. */
  readonly directory: TargetDirectory;
  readonly chunks: readonly PlannedChunk[];
}

export interface BatchRunnerParts<Entry> {
  readonly crew: Crew;
  readonly fetcher: SegmentFetcher;
  readonly signal: AbortSignal;
  /** Gets what the crew was not allowed to write added. */
  readonly withheld: WithheldMetadata;
  /** Hears of each entry once. @param isThere what was planned is there, with or without a failure */
  readonly settle: (entry: Entry, isThere: boolean, failure: Error | undefined) => void;
}

/** Fetches what batches need, has the crew write them, and looks for other copies of what was damaged. */
export class BatchRunner<Entry extends PlannedEntry> {
  readonly #parts: BatchRunnerParts<Entry>;

  constructor(parts: BatchRunnerParts<Entry>) {
    this.#parts = parts;
  }

  /** @throws the signal's reason, what the storage throws when it is not damage, and what `settle` throws */
  async carryOut(batch: Batch<Entry>): Promise<void> {
    const { fetcher, signal } = this.#parts;
    signal.throwIfAborted();
    const fetched = await fetcher.fetch(batch.ids, signal);
    const job = batch.job(fetched);
    const troubles = await this.#run(job);
    fetcher.giveBack(fetched);
    const again: Entry[] = [];
    const lacking = new Set<BlobId>();
    for (const [at, entry] of batch.notes.entries()) {
      const trouble = troubles.get(at);
      if (trouble?.is === "without") {
        for (const id of idsOf(entry, job, at, trouble.chunks)) lacking.add(id);
        again.push(entry);
      } else this.#settle(entry, trouble);
    }
    for (const entry of again) await this.#carryOutSingly(entry, lacking);
  }

  /** An entry of which a chunk is not where it should be: other places are tried, one chunk after the other. */
  async #carryOutSingly(entry: Entry, lacking: ReadonlySet<BlobId>): Promise<void> {
    const { fetcher, signal } = this.#parts;
    const elsewhere = new Set(entry.chunks.map(({ id }) => id).filter((id) => lacking.has(id)));
    for (;;) {
      signal.throwIfAborted();
      const batch = new Batch<Entry>();
      const chunks = entry.chunks.map((chunk) => (elsewhere.has(chunk.id) ? { ...chunk, isKept: false } : chunk));
      batch.add(entry.plan, entry.directory, chunks, entry);
      const fetched = await fetcher.fetch(batch.ids, signal);
      for (const [at, id] of batch.ids.entries()) {
        if (!elsewhere.has(id)) continue;
        const bytes = await fetcher.fetchPlain(id, signal);
        if (!(bytes instanceof Uint8Array)) return this.#parts.settle(entry, false, bytes);
        // A copy, because what a job is given moves to its thread, and these may be somebody's cache.
        fetched.sources[at] = { is: "plain", segment: fetched.segments.push(bytes.slice()) - 1 };
      }
      const job = batch.job(fetched);
      const trouble = (await this.#run(job)).get(0);
      if (trouble?.is !== "without") return this.#settle(entry, trouble);
      for (const id of idsOf(entry, job, 0, trouble.chunks)) elsewhere.add(id);
    }
  }

  async #run(job: WriteJob): Promise<ReadonlyMap<number, EntryTrouble>> {
    const { crew, withheld } = this.#parts;
    const answer = await crew.run(job);
    withheld.owners += answer.withheld.owners;
    withheld.attributes += answer.withheld.attributes;
    return new Map(answer.troubles.map((trouble) => [trouble.entry, trouble]));
  }

  #settle(entry: Entry, trouble: Exclude<EntryTrouble, { is: "without" }> | undefined): void {
    this.#parts.settle(entry, trouble?.is !== "failed", trouble && unpackFailure(trouble.failure));
  }
}

/** The ids of an entry's chunks that a job knows by these numbers. */
function idsOf(entry: PlannedEntry, job: WriteJob, at: number, numbers: readonly number[]): BlobId[] {
  const { [at]: written } = job.entries;
  if (written === undefined || !("chunks" in written)) return [];
  return entry.chunks.filter((_, position) => numbers.includes(written.chunks[position]!)).map(({ id }) => id);
}
