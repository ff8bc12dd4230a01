import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { imageFiles, seededRandom, temporaryDirectory, type DiskImage } from "@holdfast/testkit";
import { describe, test } from "vitest";
import { installedRestic, newestRestic } from "../interop/restic.ts";
import { suiteSeed } from "../model/suite.ts";
import { mustRun } from "../start/program.ts";
import { crashStates } from "./crash-states.ts";
import { scenarios } from "./scenarios.ts";
import { password, repositoryPath } from "./world.ts";

const restics = [newestRestic ?? installedRestic].flatMap((restic) => (restic === undefined ? [] : [restic]));

// A repository that was damaged before is not sound until its repair has ended, so of those only the end is read.
describe.each(restics)(`I8: $name finds nothing wrong with what a crash left (seed ${suiteSeed})`, (restic) => {
  test.each(scenarios(suiteSeed))("of $name, and with what it leaves when it ends", async (scenario) => {
    const { distinct, ended, history } = await crashStates(scenario, suiteSeed, { mixtures: 2 });
    const readable = distinct.filter(({ image }) => hasConfig(image) && scenario.heals !== true);
    const anyState = readable[seededRandom(`I8 ${scenario.name} ${suiteSeed}`).below(readable.length)];
    const states = [{ image: ended, history }, ...(anyState === undefined ? [] : [anyState])];
    for (const state of states) {
      const folder = await written(state.image);
      for (const RESTIC_PASSWORD of (state.history.passwords ?? [password]).slice(0, 1))
        await mustRun(restic.path, ["-r", folder, "--no-cache", "--no-lock", "check", "--read-data"], {
          variables: { RESTIC_PASSWORD },
        });
    }
  });
});

const hasConfig = (image: DiskImage) => [...imageFiles(image)].some(({ path: name }) => name === `${repositoryPath}/config`); // prettier-ignore

/** Puts an image on the real disk. @returns the repository's folder */
async function written(image: DiskImage): Promise<string> {
  const root = await temporaryDirectory();
  for (const { path: name, file } of imageFiles(image)) {
    const target = path.join(root, name);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, file.bytes);
  }
  for (const folder of ["keys", "snapshots", "index", "locks", "data"])
    await mkdir(path.join(root, repositoryPath, folder), { recursive: true });
  return path.join(root, repositoryPath);
}
