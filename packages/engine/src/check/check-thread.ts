import type { PackId } from "../id.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import type { PackReading } from "../pack/pack-reading.ts";
import { Decoder } from "../repository/decoder.ts";
import { serveJobs } from "../threads/serve-jobs.ts";
import { soundTrees, type TreeJob } from "./sound-trees.ts";

/** A pack to be proven, all of it in memory. */
export interface PackJob {
  readonly id: PackId;
  readonly indexed: readonly PackedBlob[];
  readonly bytes: Uint8Array;
}

export type CheckJob = { readonly pack: PackJob } | { readonly trees: TreeJob };
export type CheckAnswer = PackReading | Uint32Array;

serveJobs<CheckJob, CheckAnswer>((secret) => {
  const decoder = new Decoder(secret as Uint8Array);
  return (job) => {
    if ("trees" in job) return soundTrees(decoder, job.trees);
    const { id, indexed, bytes } = job.pack;
    const reading = decoder.examinePack(id, indexed, bytes);
    // The memory is given back now and not when the collector comes round to it: packs are large.
    if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
    return reading;
  };
});
