/**
 * Loaded into the program before anything else (`node --import`): counts what it does to the files below a folder, and
 * kills it with SIGKILL at one of these operations, before or after it is done.
 *
 * KILL_BELOW is the folder, KILL_AT the operation, counted from 1 ("7+" kills after it), and KILL_COUNT_FILE where the
 * whole count is written when the program ends by itself.
 */
import fs from "node:fs";
import promises, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

const { KILL_BELOW: below = "", KILL_AT: at = "", KILL_COUNT_FILE: countFile } = process.env;
const killAt = Number.parseInt(at, 10);
const killsAfter = at.endsWith("+");
let count = 0;

function kill(): void {
  process.kill(process.pid, "SIGKILL");
}

async function counted<Result>(act: () => Promise<Result>): Promise<Result> {
  count += 1;
  const isIt = count === killAt;
  if (isIt && !killsAfter) kill();
  const result = await act();
  if (isIt) kill();
  return result;
}

const isOurs = (path: unknown) => String(path).startsWith(below);

const { open, link, rename, unlink, mkdir } = promises;
promises.open = async (path, flags, mode) => {
  const handle = isOurs(path) && flags === "wx" ? await counted(() => open(path, flags, mode)) : await open(path, flags, mode); // prettier-ignore
  return isOurs(path) ? withCountedWrites(handle) : handle;
};
promises.link = (from, to) => (isOurs(to) ? counted(() => link(from, to)) : link(from, to));
promises.rename = (from, to) => (isOurs(to) ? counted(() => rename(from, to)) : rename(from, to));
promises.unlink = (path) => (isOurs(path) ? counted(() => unlink(path)) : unlink(path));
promises.mkdir = ((path: string, options: object) =>
  isOurs(path) ? counted(() => mkdir(path, options)) : mkdir(path, options)) as typeof mkdir;
syncBuiltinESMExports();

function withCountedWrites(handle: FileHandle): FileHandle {
  const write = handle.write.bind(handle) as (...words: unknown[]) => Promise<never>;
  const sync = handle.sync.bind(handle);
  handle.write = (...words: unknown[]) => counted(() => write(...words));
  handle.sync = () => counted(sync);
  return handle;
}

if (isMainThread && countFile !== undefined) process.on("exit", () => fs.writeFileSync(countFile, String(count)));
