/** What the agent measured on a device, never what somebody guessed. Sizes in bytes. */
export interface Assessment {
  /** Absolute paths that were looked at. */
  readonly paths: readonly string[];
  readonly measuredAtMs: number;
  readonly files: number;
  readonly directories: number;
  readonly otherEntries: number;
  readonly bytes: number;
  readonly largestFileBytes: number;
  /** Entries that could not be read; a plan made from an incomplete view says so. */
  readonly unreadable: number;
  /** Bytes of files whose modification time lies within the last day, week, month (30 days). */
  readonly changedBytes: { readonly day: number; readonly week: number; readonly month: number };
  /** The sample that went through the real chunker and compressor. */
  readonly sample: {
    readonly bytes: number;
    /** Stored size divided by size, over unique chunks; 1 when nothing compresses. */
    readonly compressionRatio: number;
    /** Unique bytes divided by bytes; 1 when nothing repeats. */
    readonly uniqueRatio: number;
    /** Chunk, hash, compress and encrypt on this machine, one core. */
    readonly bytesPerSecond: number;
  };
}
