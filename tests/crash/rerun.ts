import { HoldfastError } from "@holdfast/base";
import { imageFingerprint } from "@holdfast/testkit";
import { beginning, historiesOf, isOfRepository, type Outcome, type Scenario } from "./crash-states.ts";
import { judge, judgeOptions, Violation } from "./judge.ts";
import { World, type History, type WorldOptions } from "./world.ts";

/** One run of a scenario that something disturbed. */
export interface Run {
  readonly world: World;
  readonly before: History;
  /** What the verb said; undefined when it failed. */
  readonly outcome: Outcome | undefined;
}

/** A scenario prepared once, to be run from the same state as often as one likes. */
export class Rerun {
  readonly #scenario: Scenario;
  readonly #seed: number | string;
  readonly #before: World;
  readonly #judged = new Set<string>();
  /** The outcome of a run that nothing disturbed: which snapshots may be there. */
  #undisturbed: Outcome = {};

  private constructor(scenario: Scenario, seed: number | string) {
    this.#scenario = scenario;
    this.#seed = seed;
    this.#before = new World(`${scenario.name} ${seed}`);
  }

  static async prepare(scenario: Scenario, seed: number | string): Promise<Rerun> {
    const rerun = new Rerun(scenario, seed);
    await scenario.prepare(rerun.#before);
    rerun.#undisturbed = (await rerun.run({})).outcome ?? {};
    return rerun;
  }

  get judged(): number {
    return this.#judged.size;
  }

  /** @throws what is no HoldfastError: a fault of a disk must not look like a fault of ours */
  async run(options: WorldOptions): Promise<Run> {
    const before = this.#before;
    const image = beginning(before);
    const world = new World(`run ${this.#scenario.name} ${this.#seed}`, {
      ...options,
      image,
      startMs: before.clock.nowMs(),
    });
    world.tree = before.tree;
    world.history = before.history;
    try {
      return { world, before: before.history, outcome: await this.#scenario.run(world) };
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      return { world, before: before.history, outcome: undefined };
    }
  }

  /**
   * Judges what a run left, as it is and after a power cut, unless another left the same. A sync that failed must not
   * be taken for done: then the power cut shows it.
   * @param fault for people
   * @param withPowerCut false where the fault is all that goes wrong
   */
  async judge({ world, before, outcome }: Run, fault: string, withPowerCut = true): Promise<void> {
    const history = this.promisedAfter({ before, outcome });
    const images = [world.disk.exact(), ...(withPowerCut ? [world.disk.strict()] : [])];
    for (const image of images) {
      const fingerprint = `${outcome !== undefined} ${imageFingerprint(image, isOfRepository)}`;
      if (this.#judged.has(fingerprint)) continue;
      this.#judged.add(fingerprint);
      try {
        await judge(image, history, this.#seed, judgeOptions(this.#scenario));
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        throw new Violation(error.invariant, `${this.#scenario.name}, seed ${this.#seed}, ${fault}`, error);
      }
    }
  }

  /** What must hold when a run has ended, well or not. */
  promisedAfter({ before, outcome }: Pick<Run, "before" | "outcome">): History {
    return outcome === undefined ? this.#openEnded(before) : historiesOf(before, outcome).after;
  }

  /** A run that failed may have got anywhere: what it would have made may be there, under whatever id. */
  #openEnded(before: History): History {
    const { added, replaced } = this.#undisturbed;
    const trees = [...(added?.values() ?? []), ...[...(replaced?.values() ?? [])].map(({ tree }) => tree)];
    return { ...historiesOf(before, this.#undisturbed).during, unacknowledged: trees };
  }
}
