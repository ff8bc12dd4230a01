import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { count, KiB } from "@holdfast/base";
import { Keystream } from "../keystream.ts";
import { measure } from "../measure.ts";
import type { Scenario } from "../scenario.ts";
import { treeDigest } from "../tree-digest.ts";

/** Very many files of 0 to 8 KiB. */
export const small: Scenario = {
  name: "small",
  prepare(folder, share) {
    const source = join(folder, "small");
    const folders = Math.ceil(10_000 * share);
    const stream = new Keystream("small files");
    for (let number = 0; number < folders; number += 1) {
      const inner = join(source, `${Math.floor(number / 100)}`, `${number}`);
      mkdirSync(inner, { recursive: true });
      const bytes = stream.bytes(16 * KiB);
      for (let file = 0; file < 100; file += 1) {
        const from = stream.below(8 * KiB);
        writeFileSync(join(inner, `file-${file}`), bytes.subarray(from, from + stream.below(8 * KiB)));
      }
    }
    const digest = treeDigest(source);
    return {
      data: `${count(folders * 100, "file")} of 0 to 8 KiB in ${count(folders, "folder")}`,
      sources: [source],
      round(contender, work, isFirst, note) {
        const [repository, target] = [join(work, "repository"), join(work, "target")];
        measure(contender.init(repository));
        const first = measure(contender.backup(repository, source));
        note("small first wall", first.wallMs);
        note("small first memory", first.peakBytes);
        const again = measure(contender.backup(repository, source));
        note("small again wall", again.wallMs);
        note("small again memory", again.peakBytes);
        const restored = measure(contender.restore(repository, target));
        note("small restore wall", restored.wallMs);
        note("small restore memory", restored.peakBytes);
        if (isFirst && treeDigest(join(target, source)) !== digest)
          throw new Error(`${contender.name} restored something else.`);
      },
    };
  },
};
