import { hourMs, minuteMs } from "@holdfast/base";
import { listSnapshots, type SnapshotId } from "@holdfast/engine";
import type { Storage } from "@holdfast/storage";
import { afterAll, describe, expect, test } from "vitest";
import type { ModelTree } from "../model/model-tree.ts";
import { copyOf, newRepository, party, untilDone } from "./party.ts";
import { backUp, checkAll, copyAway, damageIn, forgetOf, outcomeOf, pruneAll, trees, type Work } from "./work.ts";

/** What one party does while the other is held, and what its snapshot holds if it makes one. */
interface Doing {
  readonly work: Work;
  readonly tree?: ModelTree;
}

const backUpNext: Doing = { work: backUp(trees.next), tree: trees.next };
const backUpBase: Doing = { work: backUp(trees.base), tree: trees.base };
const pruning: Doing = { work: pruneAll };
const forgetting: Doing = { work: forgetOf("gone") };
const checking: Doing = { work: checkAll };
const copying: Doing = { work: copyAway };

interface Beginning {
  readonly storage: Storage;
  readonly kept: ReadonlyMap<SnapshotId, ModelTree>;
}

/** A repository with a snapshot to keep and one to forget, and the packs of one that was forgotten already. */
async function beginning(): Promise<Beginning> {
  const storage = await newRepository();
  const kept = new Map<SnapshotId, ModelTree>();
  const make = async (name: string, tree: ModelTree) => {
    const who = party(name, storage);
    const [id] = await untilDone(backUp(tree)(who), [who.clock]);
    return id!;
  };
  kept.set(await make("kept", trees.base), trees.base);
  await make("gone", trees.other);
  // What was backed up and forgotten is what a new backup finds again just as a prune is about to remove it.
  const forgotten = await make("forgotten", trees.next);
  await storage.remove({ type: "snapshot", name: forgotten });
  return { storage, kept };
}

let tries = 0;
const endings = new Map<string, number>();

/** How both may end: with what they were for, or because of the other's lock. Nothing else is ever blamed. */
const endingsWhenHeld = ["done / done", "done / ENGINE_LOCKED", "ENGINE_LOCKED / ENGINE_LOCKED"];
const endingsWhenAsleep = ["done / done", "ENGINE_LOCK_LOST / done"];

/**
 * Lets `first` come to its `nth` call of the storage, then `second` do all of its work, then `first` go on.
 * @param sleepMs for how long `first` is away, its machine asleep and its own time standing still
 * @returns whether there was such a call, and what is wrong with the repository afterwards
 */
async function pauseAt(
  start: Beginning,
  first: Doing,
  second: Doing,
  nth: number,
  when: "before" | "after",
  sleepMs: number,
): Promise<{ readonly wasReached: boolean; readonly damage: readonly string[] }> {
  const storage = await copyOf(start.storage);
  const [one, other] = [party("first", storage), party("second", storage)];
  const hold = one.storage.holdAt(nth, when);
  const working = outcomeOf(first.work(one));
  const beforeCall = await untilDone(Promise.race([hold.reached, working.then(() => undefined)]), [one.clock]);
  const wasReached = beforeCall !== undefined;
  let outcomeOfOther: Awaited<ReturnType<typeof outcomeOf>> = [];
  if (wasReached) {
    other.clock.advanceMs(sleepMs);
    const clocks = sleepMs > 0 ? [other.clock] : [one.clock, other.clock];
    outcomeOfOther = await untilDone(outcomeOf(second.work(other)), clocks);
    if (sleepMs > 0) one.clock.setNowMs(Math.max(other.clock.nowMs(), one.clock.nowMs()));
    hold.release();
  }
  const outcome = await untilDone(working, [one.clock]);
  const made = new Map(start.kept);
  for (const [{ tree }, ids] of [
    [first, outcome],
    [second, outcomeOfOther],
  ] as const)
    if (tree !== undefined && typeof ids !== "string") for (const id of ids) made.set(id, tree);
  const isInFlight = sleepMs > 0 && first.tree === undefined;
  tries += 1;
  const text = (ended: typeof outcome) => (typeof ended === "string" ? ended : "done");
  const ending = `${text(outcome)} / ${text(outcomeOfOther)}`;
  endings.set(ending, (endings.get(ending) ?? 0) + 1);
  expect(sleepMs > 0 ? endingsWhenAsleep : endingsWhenHeld, `${nth} ${when} ${beforeCall}`).toContain(ending);
  const damage = await damageIn(storage, made, { afterRepair: isInFlight });
  return { wasReached, damage: damage.map((what) => `${nth} ${when} ${beforeCall}, ${ending}: ${what}`) };
}

async function everyPause(first: Doing, second: Doing, sleepMs: number): Promise<void> {
  const start = await beginning();
  for (let nth = 1; ; nth += 1) {
    let wasReached = false;
    for (const when of ["before", "after"] as const) {
      const tried = await pauseAt(start, first, second, nth, when, sleepMs);
      expect(tried.damage).toEqual([]);
      wasReached ||= tried.wasReached;
    }
    if (!wasReached) return;
  }
}

describe("one is held at each of its calls while the other does all of its work", () => {
  test.each<[string, Doing, Doing]>([
    ["a backup, a prune", backUpNext, pruning],
    ["a prune, a backup of what the prune removes", pruning, backUpNext],
    ["a prune, a backup of what is kept", pruning, backUpBase],
    ["two prunes", pruning, pruning],
    ["two backups of the same", backUpNext, backUpNext],
    ["a backup, a forget", backUpNext, forgetting],
    ["a forget, a backup", forgetting, backUpNext],
    ["a forget, a prune", forgetting, pruning],
    ["a prune, a forget", pruning, forgetting],
    ["a backup, a check", backUpNext, checking],
    ["a check, a backup", checking, backUpNext],
    ["a copy, a prune", copying, pruning],
    ["a prune, a copy", pruning, copying],
    ["a copy, a forget", copying, forgetting],
  ])("%s: every acknowledged snapshot can be had", async (_, first, second) => {
    await everyPause(first, second, 0);
  });
});

describe("one sleeps for an hour at each of its calls, and finds its lock taken for dead", () => {
  test.each<[string, Doing, Doing]>([
    ["a backup, a prune", backUpNext, pruning],
    ["a prune, a backup of what the prune removes", pruning, backUpNext],
    ["two prunes", pruning, pruning],
    ["a forget, a backup", forgetting, backUpNext],
  ])("%s: every acknowledged snapshot can be had", async (_, first, second) => {
    await everyPause(first, second, hourMs);
  });
});

test("a machine whose clock is hours off does not take a living backup for dead", async () => {
  for (const aheadMs of [25 * hourMs, -25 * hourMs, 365 * 24 * hourMs]) {
    const { storage, kept } = await beginning();
    const [one, other] = [party("first", storage), party("second", storage)];
    other.clock.setNowMs(other.clock.nowMs() + aheadMs);
    const hold = one.storage.holdAt(1, "before", "write snapshot");
    const working = outcomeOf(backUp(trees.next)(one));
    await untilDone(Promise.race([hold.reached, working]), [one.clock]);
    const pruned = await untilDone(outcomeOf(pruneAll(other)), [one.clock, other.clock]);
    expect(pruned).toBe("ENGINE_LOCKED");
    hold.release();
    const ids = await untilDone(working, [one.clock]);
    expect(typeof ids).not.toBe("string");
    const made = new Map([...kept, [(ids as SnapshotId[])[0]!, trees.next] as const]);
    expect(await damageIn(storage, made)).toEqual([]);
    expect(one.clock.monotonicMs()).toBeGreaterThan(7 * minuteMs);
  }
});

test("what a test of pauses begins with is what it says", async () => {
  const { storage, kept } = await beginning();
  const judge = await party("judge", storage).open();
  expect(await listSnapshots(judge, () => {})).toHaveLength(2);
  expect(await damageIn(storage, kept)).toEqual([]);
});

afterAll(() => {
  const counts = [...endings].map(([ending, count]) => `${count} × ${ending}`).join("; ");
  process.stderr.write(`pauses: ${tries} interleavings (${counts})\n`);
});
