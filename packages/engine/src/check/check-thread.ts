import type { PackId } from "../id.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import type { PackReading } from "../pack/pack-reading.ts";
import { Decoder } from "../repository/decoder.ts";
import { serveJobs } from "../threads/serve-jobs.ts";

/** A pack to be proven, all of it in memory. */
export interface PackJob {
  readonly id: PackId;
  readonly indexed: readonly PackedBlob[];
  readonly bytes: Uint8Array;
}

serveJobs<PackJob, PackReading>((secret) => {
  const decoder = new Decoder(secret as Uint8Array);
  return ({ id, indexed, bytes }) => {
    const reading = decoder.examinePack(id, indexed, bytes);
    // The memory is given back now and not when the collector comes round to it: packs are large.
    if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
    return reading;
  };
});
