import type { Forge } from "./forge.ts";

/** One thing that somebody who can write to a repository may do to those who read it. */
export interface HostileCase {
  readonly name: string;
  /** Writes it. @returns the snapshot to read; without one, the honest snapshot is read */
  readonly make: (forge: Forge) => string | void;
  /** Puts something into the target before the restore. */
  readonly prepare?: (target: string, outside: string) => void;
  /** Runs in a process of its own, with little memory. */
  readonly isHeavy?: boolean;
  /** It is the locks that are looked at, so they are not passed over. */
  readonly isAboutLocks?: boolean;
  /** Has more paths than can be walked: whoever walks them must stop when told to. */
  readonly isEndless?: boolean;
}

/** Cases that differ in one thing only. */
export function variants<Value>(
  values: Readonly<Record<string, Value>>,
  make: (forge: Forge, value: Value) => string | void,
): HostileCase[] {
  return Object.entries(values).map(([name, value]) => ({ name, make: (forge) => make(forge, value) }));
}

/** Puts the area in front of each name. */
export function area(name: string, cases: readonly HostileCase[]): HostileCase[] {
  return cases.map((each) => ({ ...each, name: `${name}: ${each.name}` }));
}
