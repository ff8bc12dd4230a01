import { link, mkdir, open, readFile, rm, stat, chmod } from "node:fs/promises";
import path from "node:path";
import { HoldfastError, systemCodeOf, systemRandom, toHex } from "@holdfast/base";
import { serverErrors } from "../errors.ts";

/**
 * Reads `file`, or makes it with what `make` gives, for its owner's eyes only. Whole or not at all: it is written under
 * another name, synced, and linked into place, so of two makers one wins and both read the same.
 */
export async function ensureFile(file: string, make: () => Promise<string>): Promise<string> {
  const found = await readOwn(file);
  if (found !== undefined) return found;
  const text = await make();
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const growing = `${file}.${toHex(systemRandom.bytes(6))}`;
  try {
    const handle = await open(growing, "wx", 0o600);
    await handle.writeFile(text);
    await handle.sync();
    await handle.close();
    await link(growing, file);
  } catch (error) {
    if (systemCodeOf(error) !== "EEXIST") throw error; // somebody else was first
  } finally {
    await rm(growing, { force: true });
  }
  await syncFolder(path.dirname(file));
  return (await readOwn(file))!;
}

/** A secret of 32 random bytes, base64url, that stays the same once made. */
export async function ensureSecret(file: string): Promise<string> {
  const text = await ensureFile(file, async () => `${Buffer.from(systemRandom.bytes(32)).toString("base64url")}\n`);
  const secret = text.trim();
  if (!/^[A-Za-z0-9_-]{43}$/.test(secret)) {
    throw new HoldfastError(serverErrors.homeFileDamaged, `${file} does not hold a secret that the server made.`);
  }
  return secret;
}

async function readOwn(file: string): Promise<string | undefined> {
  try {
    const text = await readFile(file, "utf8");
    if (((await stat(file)).mode & 0o077) !== 0) await chmod(file, 0o600);
    return text;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync();
  await handle.close();
}
