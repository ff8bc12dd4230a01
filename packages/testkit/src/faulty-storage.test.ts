import { memoryStorage, storageErrors, type FileHandle } from "@holdfast/storage";
import { expect, test } from "vitest";
import { faultyStorage, type Fault } from "./faulty-storage.ts";
import { storageConformance } from "./storage-conformance.ts";

storageConformance("a faulty storage without faults", async () => faultyStorage(memoryStorage()));

const pack: FileHandle = { type: "pack", name: "ab".repeat(32) };
const index: FileHandle = { type: "index", name: "cd".repeat(32) };
const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
const broken = { code: storageErrors.unreachable.code };

async function holding(fault: Fault) {
  const inner = memoryStorage();
  await inner.write(pack, bytes);
  return faultyStorage(inner, [fault]);
}

test("a fault strikes the call it was made for, as often as it should, and is counted", async () => {
  const storage = await holding({ operation: ["read", "stat"], type: "pack", nth: 2, times: 2, how: "fail" });
  await storage.read(pack);
  await expect(storage.stat(index)).rejects.toMatchObject({ code: storageErrors.missing.code });
  await expect(storage.stat(pack)).rejects.toMatchObject(broken);
  await expect(storage.read(pack)).rejects.toMatchObject(broken);
  await storage.read(pack);
  expect(storage.hits).toBe(2);
  expect(storage.calls).toHaveLength(5);
});

test("reads can be cut, corrupted and broken off", async () => {
  expect(await (await holding({ operation: "read", how: "cut-short" })).read(pack)).toEqual(bytes.subarray(0, 4));
  expect(await (await holding({ operation: "read", how: "corrupt" })).read(pack)).toEqual(
    new Uint8Array([1, 2, 3, 4, 4, 6, 7, 8]),
  );
  await expect((await holding({ operation: "read", how: "break-off" })).read(pack)).rejects.toMatchObject(broken);
});

test("writes can be lost, pretended, stored in half or altered", async () => {
  const after = async (how: Fault["how"]) => {
    const storage = faultyStorage(memoryStorage(), [{ operation: "write", how }]);
    const failed = await storage.write(pack, bytes).then(
      () => false,
      () => true,
    );
    const stored = (await storage.names("pack")).length === 0 ? undefined : await storage.read(pack);
    return [failed, stored];
  };
  expect(await after("fail")).toEqual([true, undefined]);
  expect(await after("fail-after")).toEqual([true, bytes]);
  expect(await after("pretend")).toEqual([false, undefined]);
  expect(await after("break-off")).toEqual([true, bytes.subarray(0, 4)]);
  expect(await after("cut-short")).toEqual([false, bytes.subarray(0, 4)]);
  expect(await after("corrupt")).toEqual([false, new Uint8Array([1, 2, 3, 4, 4, 6, 7, 8])]);
});

test("a storage can run out of space, do things twice and answer late", async () => {
  const full = faultyStorage(memoryStorage(), [{ operation: "write", how: "run-out-of-space" }]);
  await expect(full.write(pack, bytes)).rejects.toMatchObject({ code: storageErrors.full.code });
  expect(await full.names("pack")).toEqual([]);

  const twice = await holding({ operation: ["write", "list", "remove"], times: 3, how: "duplicate" });
  await twice.write(index, bytes);
  expect(await Array.fromAsync(twice.list("pack"))).toHaveLength(2);
  await twice.remove(pack);
  expect([twice.hits, await twice.names("pack"), await twice.names("index")]).toEqual([3, [], [index.name]]);

  const late = faultyStorage(memoryStorage(), [{ operation: "write", type: "pack", how: "delay" }]);
  const order: string[] = [];
  await Promise.all([
    late.write(pack, bytes).then(() => order.push("pack")),
    late.write(index, bytes).then(() => order.push("index")),
  ]);
  expect(order).toEqual(["index", "pack"]);
});

test("a stale listing is as it was when the fault was added", async () => {
  const storage = await holding({ operation: "list", how: "stale-list" });
  const other = { ...pack, name: "ef".repeat(32) };
  await storage.remove(pack);
  await storage.write(other, bytes);
  expect(await Array.fromAsync(storage.list("pack"))).toEqual([{ name: pack.name, sizeBytes: 8 }]);
  expect(await Array.fromAsync(storage.list("pack"))).toEqual([{ name: other.name, sizeBytes: 8 }]);
});

test("a paused call waits where it is until the test lets it go on", async () => {
  const storage = faultyStorage(memoryStorage());
  const pause = storage.pauseBefore("write", "index");
  await storage.write(pack, bytes);
  const writing = storage.write(index, bytes);
  await pause.reached;
  expect(await storage.names("index")).toEqual([]);
  pause.resume();
  await writing;
  expect(await storage.names("index")).toEqual([index.name]);
});
