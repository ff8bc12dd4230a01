import { silentLog } from "@holdfast/base";
import { memoryStorage } from "@holdfast/storage";
import { seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { createKeyFile, serialiseKeyFile } from "../crypto/key-file.ts";
import { MasterKey } from "../crypto/master-key.ts";
import { idOf, type Id } from "../id.ts";
import { writeContentFile } from "./content-file.ts";
import { openKeys } from "./open-keys.ts";

const random = seededRandom("open keys");

async function storageWith(passwords: readonly string[]) {
  const storage = memoryStorage();
  const ids: Id[] = [];
  for (const password of passwords) {
    const about = { created: "", username: "", hostname: "", kdf: { N: 1024, r: 8, p: 1 } };
    const json = serialiseKeyFile(await createKeyFile(MasterKey.generate(random), password, about, random));
    ids.push(idOf(json));
    await writeContentFile(storage, "key", idOf(json), json, silentLog);
  }
  return { storage, ids };
}

async function opened(storage: Parameters<typeof openKeys>[0], password: string, keyHint?: string): Promise<number> {
  return (await Array.fromAsync(openKeys(storage, password, { keyHint }))).length;
}

test("whichever of many keys fits is found, and every one that does", async () => {
  const { storage } = await storageWith(["a", "b", "c", "d", "e", "b"]);
  expect(await opened(storage, "e")).toBe(1);
  expect(await opened(storage, "b")).toBe(2);
  expect(await opened(storage, "f")).toBe(0);
});

test("no more than 20 keys are tried, so one that is far behind needs a hint", async () => {
  const { storage, ids } = await storageWith(Array.from({ length: 25 }, (_, n) => `password ${n}`));
  const last = ids.toSorted().at(-1)!;
  const password = `password ${ids.indexOf(last)}`;
  expect(await opened(storage, password)).toBe(0);
  expect(await opened(storage, password, last.slice(0, 12))).toBe(1);
  expect(await opened(storage, password, "ffffffffffff")).toBe(0);
});

describe("a damaged key file", () => {
  test("does no harm when another key opens", async () => {
    const { storage } = await storageWith(["a", "b"]);
    await storage.write({ type: "key", name: "00".repeat(32) }, Buffer.from("not a key"));
    expect(await opened(storage, "b")).toBe(1);
  });

  test("is named when none does: the password may well be right", async () => {
    const { storage } = await storageWith(["a"]);
    await storage.write({ type: "key", name: "00".repeat(32) }, Buffer.from("not a key"));
    await expect(opened(storage, "x")).rejects.toThrow(expect.objectContaining({ code: "ENGINE_KEY_DAMAGED" }));
  });
});
