import { JsonScanner } from "../json/json-scanner.ts";

/** What a tree names, 32 raw bytes each; the array is used again for every call. */
export interface ReferenceVisitor {
  data(id: Uint8Array): void;
  subtree(id: Uint8Array): void;
}

/**
 * Every blob that a tree names, whatever kind of entry names it, without building the entries: what may be thrown
 * away is decided by this, so it rather sees one too many.
 * @throws JsonFault when the bytes are no tree or name something that is no id
 */
export function eachReference(tree: Uint8Array, visitor: ReferenceVisitor): void {
  const scanner = new JsonScanner(Buffer.from(tree.buffer, tree.byteOffset, tree.byteLength));
  const id = new Uint8Array(32);
  const content = () => {
    scanner.hexInto(id);
    visitor.data(id);
  };
  const member = (key: string) => {
    if (key === "content") scanner.array(content);
    else if (key === "subtree") {
      if (scanner.acceptNull()) return;
      scanner.hexInto(id);
      visitor.subtree(id);
    } else scanner.skip();
  };
  scanner.object((key) => {
    if (key === "nodes") scanner.array(() => scanner.object(member));
    else scanner.skip();
  });
  scanner.expectEnd();
}
