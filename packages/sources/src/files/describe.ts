import type { ExtendedAttribute, TreeNode } from "@holdfast/engine";
import { describeFile, ownerNames, type FileStats, type OwnerNames } from "@holdfast/engine/files";

/** Makes the node of a file, as one backup wants its files described. */
export interface Describe {
  (name: Buffer, stats: FileStats, attributes: readonly ExtendedAttribute[]): TreeNode;
  readonly owners: OwnerNames;
}

export interface DescribeOptions {
  /** Records when each entry was last read; default not, so that reading a file changes nothing. */
  readonly withAtime?: boolean;
}

/** Remembers names of owners: make one for each backup. */
export function describer({ withAtime = false }: DescribeOptions): Describe {
  const owners = ownerNames();
  const describe = (name: Buffer, stats: FileStats, attributes: readonly ExtendedAttribute[]) =>
    describeFile(name, stats, owners, attributes, withAtime);
  return Object.assign(describe, { owners });
}
