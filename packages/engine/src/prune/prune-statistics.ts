/** What a prune found and means to do. "remove" is what goes as whole packs, "repackRemove" what repacking leaves behind. */
export interface PruneStatistics {
  readonly blobs: {
    readonly used: number;
    readonly duplicate: number;
    readonly unused: number;
    readonly total: number;
    readonly repack: number;
    readonly repackRemove: number;
    readonly remove: number;
    readonly removeTotal: number;
    readonly remaining: number;
  };
  readonly bytes: {
    readonly used: number;
    readonly duplicate: number;
    readonly unused: number;
    /** Of packs that no index names. */
    readonly unreferenced: number;
    /** Of packs that hold blobs without compression; 0 in format version 1. */
    readonly uncompressed: number;
    readonly total: number;
    readonly repack: number;
    readonly repackRemove: number;
    readonly remove: number;
    readonly removeTotal: number;
    readonly remaining: number;
    readonly remainingUnused: number;
  };
  readonly packs: {
    readonly used: number;
    readonly unused: number;
    readonly partlyUsed: number;
    readonly unreferenced: number;
    readonly total: number;
    readonly keep: number;
    readonly repack: number;
    readonly remove: number;
    readonly removeTotal: number;
  };
}
