import { join } from "node:path";
import { formatBytes, GiB } from "@holdfast/base";
import { writeChangedFile, writeLargeFile } from "../large-files.ts";
import { measure } from "../measure.ts";
import type { Scenario } from "../scenario.ts";
import { treeDigest } from "../tree-digest.ts";

/** One file that does not compress, then a copy of it with a fifth of it changed and bytes inserted. */
export const large: Scenario = {
  name: "large",
  prepare(folder, share) {
    const [source, changed] = [join(folder, "large"), join(folder, "changed")];
    const bytes = Math.ceil(GiB * share);
    writeLargeFile(join(source, "file"), bytes);
    writeChangedFile(join(changed, "file"), bytes);
    const digest = treeDigest(source);
    treeDigest(changed);
    return {
      data: `a file of ${formatBytes(bytes)} that does not compress; a copy, a fifth of it changed, with insertions`,
      sources: [source, changed],
      round(contender, work, isFirst, note) {
        const [repository, target] = [join(work, "repository"), join(work, "target")];
        measure(contender.init(repository));
        note("large first wall", measure(contender.backup(repository, source)).wallMs);
        note("large restore wall", measure(contender.restore(repository, target)).wallMs);
        if (isFirst && treeDigest(join(target, source)) !== digest)
          throw new Error(`${contender.name} restored something else.`);
        note("changed first wall", measure(contender.backup(repository, changed)).wallMs);
      },
    };
  },
};
