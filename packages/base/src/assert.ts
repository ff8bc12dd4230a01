/**
 * States what our own code guarantees. Failing is a bug of ours, so it is not a HoldfastError and nobody catches it.
 * @throws Error naming the broken promise
 */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new Error(`Holdfast is wrong about itself: ${why}`);
}

/** Ends a switch over a closed set; a new member stops compiling here. */
export function unreachable(value: never): never {
  throw new Error(`Holdfast is wrong about itself: unexpected ${JSON.stringify(value)}`);
}
