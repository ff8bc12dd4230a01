import type { TreeId } from "../id.ts";

/**
 * Visits every tree that can be reached from the roots and is not in `seen` yet, each once, a number of them at a
 * time. A visit answers with the subtrees it met.
 *
 * @param seen gets every tree that is met; not only those whose visit has ended. A tree is new when `add` gives the
 *   size that was there before
 * @throws what the first failing visit throws, when those under way have ended
 */
export async function eachTree<Tree = TreeId>(
  roots: Iterable<Tree>,
  seen: { readonly size: number; add(tree: Tree): number },
  visitsMax: number,
  visit: (tree: Tree) => Promise<Iterable<Tree>>,
): Promise<void> {
  const waiting: Tree[] = [];
  const meet = (trees: Iterable<Tree>) => {
    for (const tree of trees) {
      const known = seen.size;
      if (seen.add(tree) === known) waiting.push(tree);
    }
  };
  meet(roots);
  const running = new Set<Promise<void>>();
  try {
    while (waiting.length > 0 || running.size > 0) {
      while (waiting.length > 0 && running.size < visitsMax) {
        // The last met first: that goes deep, and keeps the list short.
        const visiting = visit(waiting.pop()!).then((subtrees) => {
          running.delete(visiting);
          meet(subtrees);
        });
        running.add(visiting);
      }
      await Promise.race(running);
    }
  } finally {
    await Promise.allSettled(running);
  }
}
