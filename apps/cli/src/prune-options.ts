import { HoldfastError, MiB } from "@holdfast/base";
import type { PruneOptions, UnusedLimit } from "@holdfast/engine";
import { cliErrors } from "./errors.ts";
import type { FlagValues } from "./flag.ts";
import { parseSize } from "./size.ts";
import type { pruneLimitFlags } from "./table/prune-flags.ts";

/** What `--max-unused` and its companions ask for. @throws CLI_USAGE */
export function pruneLimits(flags: FlagValues<typeof pruneLimitFlags>): PruneOptions {
  const { maxUnused, maxRepackSize, repackSmallerThan } = flags;
  return {
    repackCacheableOnly: flags.repackCacheableOnly,
    repackSmall: flags.repackSmall,
    repackUncompressed: flags.repackUncompressed,
    ...(maxUnused === undefined ? {} : { maxUnused: parseUnusedLimit(maxUnused) }),
    ...(maxRepackSize === undefined ? {} : { maxRepackBytes: parseSize(maxRepackSize, "--max-repack-size") }),
    ...(repackSmallerThan === undefined ? {} : { repackSmallerThanBytes: smallerThan(repackSmallerThan) }),
  };
}

function parseUnusedLimit(text: string): UnusedLimit {
  if (text === "unlimited") return { kind: "unlimited" };
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1];
  if (percent === undefined) return { kind: "bytes", bytes: parseSize(text, "--max-unused") };
  if (Number(percent) < 100) return { kind: "percent", percent: Number(percent) };
  throw new HoldfastError(cliErrors.usage, "--max-unused wants less than 100%.");
}

/** A limit above the size of new packs would have them rewritten for ever; restic refuses it too. */
function smallerThan(text: string): number {
  const bytes = parseSize(text, "--repack-smaller-than");
  if (bytes <= 16 * MiB) return bytes;
  throw new HoldfastError(cliErrors.usage, "--repack-smaller-than wants no more than 16M, the size of new packs.");
}
