import { cpSync } from "node:fs";
import { join } from "node:path";
import { formatBytes, MiB } from "@holdfast/base";
import { changeDataset } from "../change-dataset.ts";
import { restic } from "../contenders.ts";
import { writeDataset } from "../dataset.ts";
import { measure } from "../measure.ts";
import { newestOrInstalledRestic } from "../newest-or-installed-restic.ts";
import type { Scenario } from "../scenario.ts";

const snapshots = 50;

/** Half of 50 snapshots go: each program on its own copy of one repository that restic wrote, its cache warm. */
export const forgetPrune: Scenario = {
  name: "prune",
  prepare(folder, share) {
    const writer = restic(newestOrInstalledRestic());
    if (writer === undefined) throw new Error("This needs restic, which writes the repository.");
    const [source, written] = [join(folder, "source"), join(folder, "written")];
    const bytes = Math.ceil(192 * MiB * share);
    writeDataset(source, bytes);
    measure(writer.init(written));
    for (let snapshot = 0; snapshot < snapshots; snapshot += 1) {
      if (snapshot > 0) changeDataset(source, snapshot);
      measure(writer.backup(written, source));
    }
    return {
      data: `${snapshots} snapshots of a tree of ${formatBytes(bytes)}, a fortieth of it changed each time`,
      sources: [],
      takesPart: (contender) => contender.forgetPrune !== undefined,
      round(contender, work, _isFirst, note) {
        const repository = join(work, "repository");
        cpSync(written, repository, { recursive: true });
        cpSync(`${written}-cache`, `${repository}-cache`, { recursive: true });
        const done = measure(contender.forgetPrune!(repository, snapshots / 2));
        note("prune wall", done.wallMs);
        note("prune memory", done.peakBytes);
        measure(writer.check(repository));
      },
    };
  },
};
