import type { Clock, Log, Random } from "@holdfast/base";

/** What the engine needs from the world around it and never takes by itself. */
export interface EngineContext {
  readonly clock: Clock;
  /** Keys and nonces come from here: outside tests always `systemRandom`. */
  readonly random: Random;
  readonly log: Log;
}
