import { expect, test } from "vitest";
import { memoryStorage } from "@holdfast/storage";
import { faultyStorage } from "@holdfast/testkit";
import { stoppingStorage } from "./stopping-storage.ts";

const lock = { type: "lock", name: "a".repeat(64) } as const;
const pack = { type: "pack", name: "b".repeat(64) } as const;

test("after the stop nothing is written, and the lock can still be given back", async () => {
  const stop = new AbortController();
  const inner = faultyStorage(memoryStorage());
  const storage = stoppingStorage(inner, stop.signal);
  await storage.create();
  await storage.write(lock, Buffer.from("held"));
  const held = inner.pauseBefore("write", "pack");
  const writing = storage.write(pack, Buffer.from("half way"));
  await held.reached;
  stop.abort(new Error("the lease is lost"));
  held.resume();
  await expect(writing).rejects.toThrow("the lease is lost");

  await expect(storage.write(pack, Buffer.from("late"))).rejects.toThrow("the lease is lost");
  expect(inner.calls.filter((call) => call.operation === "write").length).toBe(2);
  expect(Buffer.from(await storage.read(lock)).toString()).toBe("held");
  await storage.remove(lock);
  expect([await inner.names("lock"), await inner.names("pack")]).toEqual([[], []]);
});
