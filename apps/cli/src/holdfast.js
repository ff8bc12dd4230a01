import { lstatSync, mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { getuid, platform } from "node:process";

/*
 * Where the program begins. Node.js keeps our compiled modules, types already taken out, for the next start, which more
 * than halves what a start costs. What it reads before it is told so is compiled at every start, so this one file is
 * JavaScript: a first module in TypeScript would bring in what takes types out.
 */
const compiledModules = compiledModulesFolder();
if (compiledModules !== undefined) {
  enableCompileCache(compiledModules);
  process.env.NODE_COMPILE_CACHE ??= compiledModules; // for threads and further processes
}
await import("./main.ts");

/**
 * Code comes from there, so only a folder that is this user's own will do; without one every start compiles anew.
 * @returns {string | undefined}
 */
function compiledModulesFolder() {
  const { LOCALAPPDATA, XDG_CACHE_HOME, HOME, HOLDFAST_NO_CACHE } = process.env;
  const cacheHome = platform === "win32" ? LOCALAPPDATA : (XDG_CACHE_HOME ?? (HOME && join(HOME, ".cache")));
  if (!cacheHome || HOLDFAST_NO_CACHE) return undefined;
  const folder = join(cacheHome, "holdfast", "modules");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    const isOurs = platform === "win32" || (uid === getuid?.() && (mode & 0o022) === 0);
    return isOurs ? folder : undefined;
  } catch {
    return undefined; // a home that cannot be written to costs time and nothing else
  }
}
