/**
 * Builds what cannot run as it is written: the chunker's WebAssembly and the console. Only what is older than its
 * sources is built again.
 */
import { globSync, statSync } from "node:fs";
import { formatDuration, systemClock } from "@holdfast/base";
import { root, runNode } from "./step.ts";

interface Product {
  readonly name: string;
  /** Made last by the build, so that its age is the build's. */
  readonly output: string;
  readonly sources: readonly string[];
  readonly command: readonly string[];
  readonly folder: string;
}

const products: readonly Product[] = [
  {
    name: "chunker (WebAssembly)",
    output: "packages/engine/dist/rabin.wasm",
    sources: ["packages/engine/src/chunker/*.as.ts", "packages/engine/build-wasm.ts"],
    command: ["packages/engine/build-wasm.ts"],
    folder: "packages/engine",
  },
  {
    name: "console",
    output: "apps/console/dist/index.html",
    sources: [
      "apps/console/{index.html,vite.config.ts,package.json}",
      "apps/console/{src,public}/**/*",
      "packages/{base,domain,contract,client}/src/**/*.ts",
    ],
    command: ["node_modules/vite/bin/vite.js", "build", "--logLevel=warn"],
    folder: "apps/console",
  },
];

/**
 * @param say told the name of each product before it is built, and how long it took after
 * @throws Error with the output of the build that failed
 */
export async function buildWhatChanged(say: (line: string) => void): Promise<void> {
  for (const product of products) {
    if (!isStale(product)) continue;
    say(`Building the ${product.name} ...`);
    const beganMs = systemClock.monotonicMs();
    const { exitCode, output } = await runNode(product.command, { captured: true, cwd: `${root}/${product.folder}` });
    if (exitCode !== 0) throw new Error(`The ${product.name} could not be built.\n${output}`);
    say(`Built the ${product.name} in ${formatDuration(systemClock.monotonicMs() - beganMs)}.`);
  }
}

function isStale({ output, sources }: Product): boolean {
  const built = statSync(`${root}/${output}`, { throwIfNoEntry: false });
  if (built === undefined) return true;
  return globSync([...sources], { cwd: root, exclude: (file) => file.endsWith(".test.ts") })
    .map((file) => statSync(`${root}/${file}`))
    .some((source) => source.isFile() && source.mtimeMs > built.mtimeMs);
}

if (import.meta.main) await buildWhatChanged(console.log);
