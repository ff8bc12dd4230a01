import { expect, test } from "vitest";
import { memoryStorage } from "./memory-storage.ts";
import type { FileHandle } from "./storage.ts";
import { withoutWriting } from "./without-writing.ts";

const pack = (digit: string): FileHandle => ({ type: "pack", name: digit.repeat(64) });

test("what is there is read, and nothing is written or removed", async () => {
  const storage = memoryStorage();
  await storage.write(pack("a"), Buffer.from("here"));
  const dry = withoutWriting(storage);
  await dry.write(pack("b"), Buffer.from("new"));
  await dry.remove(pack("a"));
  expect(await Array.fromAsync(storage.list("pack"))).toHaveLength(1);
  expect(Buffer.from(await dry.read(pack("a"))).toString()).toBe("here");
});

test("a body that fails or is too short fails as it would", async () => {
  const dry = withoutWriting(memoryStorage());
  const short = { sizeBytes: 5, pieces: [Buffer.from("abc")] };
  await expect(dry.write(pack("a"), short)).rejects.toThrow(expect.objectContaining({ code: "STORAGE_SIZE_MISMATCH" }));
});
