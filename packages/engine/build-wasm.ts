/**
 * Compiles the chunker from AssemblyScript to WebAssembly, unless what is there is newer than its source.
 * Run by itself, or as part of `npm run build`; the compiler is a development dependency only.
 */
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";

const here = path.dirname(fileURLToPath(import.meta.url));
const source = "src/chunker/rabin.as.ts";
const target = path.join(here, "dist/rabin.wasm");

/** @returns whether there was anything to do */
export async function buildWasm(): Promise<boolean> {
  const sources = [path.join(here, source), fileURLToPath(import.meta.url)];
  const newestMs = Math.max(...(await Promise.all(sources.map(modifiedMs))));
  if ((await modifiedMs(target)) > newestMs) return false;

  const { default: asc } = await import("assemblyscript/asc"); // loads a compiler of 90 MB: only when it is needed
  const options = [
    "--runtime",
    "stub",
    "--noExportMemory",
    "--importMemory",
    "-O3",
    "--noAssert",
    "--outFile",
    "rabin.wasm",
  ];
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main([source, "--baseDir", here, ...options], {
    writeFile: (name: string, contents: Uint8Array | string) => {
      if (name === "rabin.wasm" && typeof contents !== "string") wasm = contents;
    },
  });
  if (error !== null || wasm === undefined) throw new Error(`${source} does not compile:\n${stderr.toString()}`);

  await mkdir(path.dirname(target), { recursive: true });
  const fresh = `${target}.${process.pid}`; // two builds at once must not read each other's half
  await writeFile(fresh, wasm);
  await rename(fresh, target);
  return true;
}

async function modifiedMs(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return -1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isBuilt = await buildWasm();
  process.stdout.write(isBuilt ? "dist/rabin.wasm is new\n" : "dist/rabin.wasm is up to date\n");
}
