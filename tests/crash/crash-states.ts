import {
  imageFingerprint,
  seededRandom,
  withoutEmptyDirectories,
  type DiskImage,
  type DiskOperation,
} from "@holdfast/testkit";
import type { SnapshotId } from "@holdfast/engine";
import type { ModelTree } from "../model/model-tree.ts";
import { World, type History, type WorldOptions } from "./world.ts";

/** What a verb has done to the snapshots when it has returned. */
export interface Outcome {
  readonly added?: ReadonlyMap<SnapshotId, ModelTree>;
  readonly removed?: readonly SnapshotId[];
  /** Snapshots that stand for earlier ones, by the earlier one's id; while the verb runs, either will do. */
  readonly replaced?: ReadonlyMap<SnapshotId, { readonly by: SnapshotId; readonly tree: ModelTree }>;
  /** What opens the repository while the verb runs, and when it has returned. */
  readonly passwords?: { readonly during: readonly string[]; readonly after: readonly string[] };
  /** Whether it makes snapshots that the model knows nothing of. */
  readonly makesStrangers?: boolean;
}

/** One verb, to be interrupted wherever it can be. */
export interface Scenario {
  readonly name: string;
  /** What is there before; all of it is durable when the verb begins. */
  prepare(world: World): Promise<void>;
  run(world: World): Promise<Outcome>;
  /** What else must work after a crash; default nothing. Returns what holds then. */
  again?(world: World): Promise<History>;
  /** True for verbs that may only add files and remove their own locks. */
  readonly onlyAdds?: boolean;
  /** True for verbs that begin with a damaged repository; `again` must heal it. */
  readonly heals?: boolean;
}

/** What a crash may leave, once for all crashes that leave the same. */
export interface CrashState {
  readonly image: DiskImage;
  readonly history: History;
  /** For people: after which operation it was found first, and how. */
  readonly foundAt: string;
}

export interface CrashStates {
  /** Every state that was enumerated. */
  readonly count: number;
  /** Those among them that a reader of the repository can tell apart. */
  readonly distinct: readonly CrashState[];
  /** Operations that changed the disk while the verb ran. */
  readonly operations: readonly DiskOperation[];
  /** How the disk was just before each removal of what is not a temporary file. */
  readonly beforeRemovals: readonly { readonly path: string; readonly image: DiskImage }[];
  readonly ended: DiskImage;
  readonly history: History;
}

/** What is worth trying at one operation: at most so many mixtures, fewer when little is pending. */
const mixturesMax = 12;

/**
 * Runs a scenario once and enumerates what a crash after each of its operations may leave: exactly what was done, only
 * what was synced, and seeded mixtures.
 */
export async function crashStates(
  scenario: Scenario,
  seed: number | string,
  options: Pick<WorldOptions, "ignoresSync" | "wrapStorage"> & { readonly mixtures?: number } = {},
): Promise<CrashStates> {
  const before = new World(`${scenario.name} ${seed}`);
  await scenario.prepare(before);

  const random = seededRandom(`mixtures of ${scenario.name} ${seed}`);
  const operations: DiskOperation[] = [];
  const beforeRemovals: { path: string; image: DiskImage }[] = [];
  const found = new Map<string, { image: DiskImage; isAfter: boolean; foundAt: string }>();
  let count = 0;
  let last = beginning(before);
  const note = (image: DiskImage, how: string, isAfter: boolean) => {
    count += 1;
    const fingerprint = `${isAfter} ${imageFingerprint(image, isOfRepository)}`;
    const { verb, path } = operations.at(-1) ?? { verb: "start", path: "" };
    if (!found.has(fingerprint))
      found.set(fingerprint, { image, isAfter, foundAt: `${operations.length} ${verb} ${path}, ${how}` });
  };
  const noteAll = (isAfter: boolean) => {
    note(world.disk.exact(), "killed", isAfter);
    note(world.disk.strict(), "power cut, only what was synced", isAfter);
    for (let mixture = 0; mixture < (options.mixtures ?? mixturesMax); mixture += 1)
      note(world.disk.mixture(random), `power cut, mixture ${mixture}`, isAfter);
  };
  const onChange = (operation: DiskOperation) => {
    operations.push(operation);
    if (operation.verb === "removeFile" && isOfRepository(operation.path)) beforeRemovals.push({ path: operation.path, image: last }); // prettier-ignore
    noteAll(false);
    last = world.disk.exact();
  };
  const startMs = before.clock.nowMs();
  const world = new World(`run ${scenario.name} ${seed}`, { ...options, image: last, onChange, startMs });
  world.tree = before.tree;
  world.history = before.history;
  const outcome = await scenario.run(world);
  noteAll(true);

  const histories = historiesOf(before.history, outcome);
  const distinct = [...found.values()].map(({ image, isAfter, foundAt }) => {
    return { image, foundAt, history: isAfter ? histories.after : histories.during };
  });
  return { count, distinct, operations, beforeRemovals, ended: world.disk.exact(), history: histories.after };
}

/** Nobody lists temporary files, and of 256 empty folders that may be missing one is enough to see that it may. */
export function isOfRepository(path: string): boolean {
  return !path.includes("-tmp-") && !isSpareFolder(path);
}

const isSpareFolder = (path: string) => /\/data\/(?!00)[0-9a-f]{2}$/.test(path);

/** What lies on the disk when the verb begins: without the folders of packs that are empty, to be quick to list. */
export function beginning(prepared: World): DiskImage {
  return withoutEmptyDirectories(prepared.disk.exact(), isSpareFolder);
}

/** What is promised while a verb runs that will have this outcome, and what when it has returned. */
export function historiesOf(before: History, outcome: Outcome): { readonly during: History; readonly after: History } {
  return { during: during(before, outcome), after: after(before, outcome) };
}

function during({ promised, contents }: History, outcome: Outcome): History {
  const { added, removed = [], replaced } = outcome;
  const kept = promised.filter((group) => !group.some((id) => removed.includes(id)));
  const groups = kept.map((group) => group.flatMap((id) => (replaced?.has(id) ? [id, replaced.get(id)!.by] : [id])));
  return { promised: groups, contents: allContents(contents, added, replaced), ...besides(outcome, "during") };
}

function besides({ passwords, makesStrangers = false }: Outcome, when: "during" | "after"): Partial<History> {
  return { hasStrangers: makesStrangers, ...(passwords !== undefined && { passwords: passwords[when] }) };
}

function after({ promised, contents }: History, outcome: Outcome): History {
  const { added, removed = [], replaced } = outcome;
  const kept = promised.filter((group) => !group.some((id) => removed.includes(id)));
  const groups = kept.map((group) => group.map((id) => replaced?.get(id)?.by ?? id));
  const all = allContents(contents, added, replaced);
  const promisedNow = [...groups, ...[...(added?.keys() ?? [])].map((id) => [id])];
  return { promised: promisedNow, contents: all, ...besides(outcome, "after") };
}

function allContents(
  contents: History["contents"],
  added: Outcome["added"],
  replaced: Outcome["replaced"],
): History["contents"] {
  const all = new Map([...contents, ...(added ?? [])]);
  for (const { by, tree } of replaced?.values() ?? []) all.set(by, tree);
  return all;
}
