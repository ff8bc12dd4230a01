import type { Clock, Log, Random } from "@holdfast/base";

/** What the engine needs from the world around it and never takes by itself. */
export interface EngineContext {
  readonly clock: Clock;
  /** Keys and nonces come from here: outside tests always `systemRandom`. */
  readonly random: Random;
  readonly log: Log;
  /** Names the set of process ids that ours is one of, and so the machine and its clock; default what the system says. */
  readonly processSpace?: string;
}
