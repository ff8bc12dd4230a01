/**
 * `npm start`: builds what is not built yet, then runs everything on this machine (`holdfast up`).
 *
 *     npm start                        protects the checkout itself
 *     npm start -- --path DIR          protects another folder
 *     npm start -- --once              ends after the summary
 */
import { processWorld, runCommandLine } from "@holdfast/cli";
import { buildWhatChanged } from "./build.ts";

const words = process.argv.slice(2);
const isQuiet = words.includes("--quiet") || words.includes("-q");
try {
  await buildWhatChanged((line) => {
    if (!isQuiet) console.log(line);
  });
  process.exitCode = await runCommandLine(["up", ...words], processWorld(process.env));
} catch (error) {
  console.error(`start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
