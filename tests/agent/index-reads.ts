import type { FaultyStorage } from "@holdfast/testkit";

/** How many index files the gateway is asked for while `work` goes on. */
export async function indexReads(storage: FaultyStorage, work: () => Promise<unknown>): Promise<number> {
  const before = storage.calls.length;
  await work();
  const reads = ["read", "stream"];
  return storage.calls.slice(before).filter(({ type, operation }) => type === "index" && reads.includes(operation))
    .length;
}
