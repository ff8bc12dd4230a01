import { join } from "node:path";
import { count, formatBytes, GiB } from "@holdfast/base";
import { bytesBelow, measure } from "../measure.ts";
import { copyRealTree } from "../real-tree.ts";
import type { Scenario } from "../scenario.ts";
import { treeDigest } from "../tree-digest.ts";

/** A real tree: system libraries, documentation, sources. */
export const mixed: Scenario = {
  name: "mixed",
  prepare(folder, share) {
    const source = join(folder, "mixed");
    const dataset = copyRealTree(source, Math.ceil(50_000 * share), Math.ceil(2 * GiB * share));
    const digest = treeDigest(source); // also brings the files into the page cache, for everybody
    return {
      data: `${count(dataset.files, "file")} of this machine, ${formatBytes(dataset.bytes)}`,
      sources: [source],
      round(contender, work, isFirst, note) {
        const [repository, target] = [join(work, "repository"), join(work, "target")];
        measure(contender.init(repository));
        const first = measure(contender.backup(repository, source));
        note("mixed first wall", first.wallMs);
        note("mixed first cpu", first.cpuMs);
        note("mixed first memory", first.peakBytes);
        note("mixed stored", bytesBelow(repository));
        note("mixed again wall", measure(contender.backup(repository, source)).wallMs);
        note("mixed check wall", measure(contender.check(repository)).wallMs);
        const restored = measure(contender.restore(repository, target));
        note("mixed restore wall", restored.wallMs);
        note("mixed restore memory", restored.peakBytes);
        if (isFirst && treeDigest(join(target, source)) !== digest)
          throw new Error(`${contender.name} restored something else.`);
      },
    };
  },
};
