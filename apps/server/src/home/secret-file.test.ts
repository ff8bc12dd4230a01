import { chmod, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { ensureFile, ensureSecret } from "./secret-file.ts";

test("a secret is made once and stays the same, also when several make it at the same time", async () => {
  const file = path.join(await temporaryDirectory(), "sub", "secret");
  const made = await Promise.all(Array.from({ length: 8 }, () => ensureSecret(file)));
  expect(new Set(made).size).toBe(1);
  expect(await ensureSecret(file)).toBe(made[0]);
  expect(await readdir(path.dirname(file))).toEqual(["secret"]);
});

test("a secret is its owner's alone, and is made so again when somebody opened it", async () => {
  const file = path.join(await temporaryDirectory(), "secret");
  await ensureSecret(file);
  const mode = async () => (await stat(file)).mode & 0o777;
  expect(await mode()).toBe(0o600);
  await chmod(file, 0o644);
  await ensureSecret(file);
  expect(await mode()).toBe(0o600);
});

test("a file that holds something else is damaged, not replaced", async () => {
  const file = path.join(await temporaryDirectory(), "secret");
  await writeFile(file, "");
  await expect(ensureSecret(file)).rejects.toMatchObject({ code: "SERVER_FILE_DAMAGED" });
});

test("what cannot be made leaves nothing behind", async () => {
  const dir = await temporaryDirectory();
  const failing = ensureFile(path.join(dir, "secret"), async () => {
    throw new Error("no entropy");
  });
  await expect(failing).rejects.toThrow("no entropy");
  expect(await readdir(dir)).toEqual([]);
});
