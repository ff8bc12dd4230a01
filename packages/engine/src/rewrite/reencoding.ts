import { KiB } from "@holdfast/base";
import { treeNodes } from "../tree/tree-reader.ts";
import { nodeJson } from "../tree/tree-writer.ts";

/**
 * Whether writing a tree's entries again would give exactly its bytes, so that nothing is lost by doing so: unknown keys,
 * another order, another way to write a number. Compares as it goes; nothing of the size of the tree comes into being.
 */
export function reencodesExactly(tree: Uint8Array): boolean {
  const bytes = Buffer.from(tree.buffer, tree.byteOffset, tree.byteLength);
  let at = 0;
  let expected = Buffer.allocUnsafeSlow(4 * KiB);
  const goesOnWith = (text: string) => {
    if (expected.length < 3 * text.length) expected = Buffer.allocUnsafeSlow(6 * text.length);
    const end = at + expected.write(text);
    const isSame = end <= bytes.length && bytes.compare(expected, 0, end - at, at, end) === 0;
    at = end;
    return isSame;
  };
  let isOdd = false;
  if (!goesOnWith('{"nodes":[')) return false;
  let separator = "";
  for (const node of treeNodes(tree, () => (isOdd = true))) {
    if (isOdd || !goesOnWith(`${separator}${nodeJson(node)}`)) return false;
    separator = ",";
  }
  return !isOdd && goesOnWith("]}\n") && at === bytes.length;
}
