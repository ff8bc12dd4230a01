/**
 * Calls `work` for each item, a number of them at once, and asks for an item only when its turn has come: the items
 * may be as many as there are packs. The first failure ends it, after the calls under way.
 */
export async function inParallel<Item>(
  items: Iterable<Item>,
  callsMax: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let isFailed = false;
  const runner = async () => {
    for (let next = iterator.next(); next.done !== true && !isFailed; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        isFailed = true;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: callsMax }, runner));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
