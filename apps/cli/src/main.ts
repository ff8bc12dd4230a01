import { keepCompiledModules } from "./compile-cache.ts";

// `npm run holdfast` has moved to the checkout; paths on the command line mean where it was called.
const { npm_lifecycle_event: npmScript, INIT_CWD: calledFrom } = process.env;
if (npmScript === "holdfast" && calledFrom !== undefined) process.chdir(calledFrom);

const compiledModules = keepCompiledModules(process.env);
if (compiledModules !== undefined) process.env.NODE_COMPILE_CACHE ??= compiledModules;
const [{ processWorld }, { runCommandLine }] = await Promise.all([
  import("./process-world.ts"),
  import("./run-command-line.ts"),
]);
process.exitCode = await runCommandLine(process.argv.slice(2), processWorld(process.env));
