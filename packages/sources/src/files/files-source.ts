import { posix } from "node:path";
import type { BackupSource } from "@holdfast/engine";
import { native, withoutNativeStatement } from "@holdfast/engine/files";
import { describer, type DescribeOptions } from "./describe.ts";
import { FilesDirectory } from "./files-directory.ts";
import { measure } from "./measure.ts";
import { Selection, type ExcludeOptions } from "./selection.ts";
import { targetTree } from "./target-tree.ts";
import { walkTargets } from "./walk.ts";

export interface FilesOptions extends ExcludeOptions, DescribeOptions {
  /** Files and directories to back up, absolute or relative to `workingDir`. */
  readonly targets: readonly string[];
  readonly workingDir: string;
}

/**
 * The files of this machine as something to back up, with restic's choice of what belongs to it and how it is arranged.
 * @throws ENGINE_BAD_PATTERN, SOURCE_MISSING when no target exists
 */
export function filesSource(options: FilesOptions): BackupSource {
  const selection = new Selection(options);
  const targets = targetTree(options.targets, options.workingDir);
  const walk = () => walkTargets(targets.root, selection);
  return {
    targets: options.targets
      .filter((target) => !targets.unusable.some((each) => each.target === target))
      .map((target) => posix.resolve(options.workingDir, target)),
    excludes: options.excludes ?? [],
    notKept: native === undefined ? withoutNativeStatement : undefined,
    open: async () => new FilesDirectory(walk(), describer(options), targets),
    measure: (onTotals, signal) => measure(walk(), onTotals, signal),
    // Times of access change without a change of anything else.
    ...(options.withAtime !== true && { lookKey: JSON.stringify(["files", options]) }),
    twin: { module: new URL("./files-twin.ts", import.meta.url).href, data: options },
  };
}
