import { join } from "node:path";
import { formatBytes, GiB } from "@holdfast/base";
import { writeSparseImage } from "../large-files.ts";
import { measure } from "../measure.ts";
import type { Scenario } from "../scenario.ts";

/** A disk image, most of it holes. */
export const sparse: Scenario = {
  name: "sparse",
  prepare(folder, share) {
    const source = join(folder, "sparse");
    const bytes = Math.ceil(4 * GiB * share);
    writeSparseImage(join(source, "image"), bytes);
    return {
      data: `a sparse image of ${formatBytes(bytes)}, a sixteenth of it data`,
      sources: [source],
      round(contender, work, _isFirst, note) {
        const repository = join(work, "repository");
        measure(contender.init(repository));
        note("sparse first wall", measure(contender.backup(repository, source)).wallMs);
      },
    };
  },
};
