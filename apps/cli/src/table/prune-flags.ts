import { single, toggle, under } from "../flag.ts";

/** What `prune` may do, and `forget --prune` as well. */
export const pruneLimitFlags = under("How far to go", {
  maxUnused: single(
    "--max-unused <limit>",
    "leave this much that nobody needs: a share such as 5%, a size such as 2G, or unlimited (default: 5%)",
  ),
  maxRepackSize: single("--max-repack-size <size>", "rewrite packs of no more than this much in all"),
  repackCacheableOnly: toggle("--repack-cacheable-only", "rewrite only packs of folder listings"),
  repackSmall: toggle("--repack-small", "rewrite packs below 80 % of the size that new ones get"),
  repackSmallerThan: single("--repack-smaller-than <size>", "rewrite packs below this size"),
  repackUncompressed: toggle("--repack-uncompressed", "compress what was stored without"),
});
