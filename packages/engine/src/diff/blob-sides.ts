import { blobTypes, type BlobType } from "../blob.ts";
import type { BlobId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { GrowingRows } from "../tables/growing-rows.ts";
import { IdTable } from "../tables/id-table.ts";
import type { TreeNode } from "../tree/node.ts";

/** Where a blob was met: in what only one snapshot has, or in a directory that both have unchanged. */
const sideBits = { before: 1, after: 2, common: 4 } as const;
type Side = keyof typeof sideBits;

/** How many blobs only one side has, and their bytes when they are decoded. */
export interface BlobTotals {
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  readonly bytes: number;
}

/** Which side of a comparison each blob was met on. A table of ids and one number each, not an object a blob. */
export class BlobSides {
  readonly #ids: Readonly<Record<BlobType, IdTable>> = { data: new IdTable(), tree: new IdTable() };
  readonly #sides: Readonly<Record<BlobType, GrowingRows>> = { data: new GrowingRows(1), tree: new GrowingRows(1) };

  add(type: BlobType, id: BlobId, side: "before" | "after"): void {
    const known = this.#ids[type].size;
    const number = this.#ids[type].add(id);
    if (number === known) this.#sides[type].add();
    this.#mark(type, number, side);
  }

  addNode(node: TreeNode, side: "before" | "after"): void {
    if (node.type === "file") for (const id of node.content ?? []) this.add("data", id, side);
    if (node.subtree !== undefined) this.add("tree", node.subtree, side);
  }

  /** Notes that a blob is in an unchanged directory; of no interest unless it was met before. */
  markCommon(type: BlobType, id: BlobId): void {
    const number = this.#ids[type].find(id);
    if (number >= 0) this.#mark(type, number, "common");
  }

  /** True when a blob was met on one side only so far. */
  get hasOneSided(): boolean {
    return blobTypes.some((type) => {
      for (let number = 0; number < this.#ids[type].size; number += 1) {
        if (isOnly(this.#sides[type].get(number, 0))) return true;
      }
      return false;
    });
  }

  /**
   * What only `side` has.
   * @param onUnknown hears of each blob that no index names, which counts but has no bytes
   */
  totals(
    side: "before" | "after",
    repository: Repository,
    onUnknown: (type: BlobType, id: BlobId) => void,
  ): BlobTotals {
    const counts = { data: 0, tree: 0 };
    let bytes = 0;
    for (const type of blobTypes) {
      for (let number = 0; number < this.#ids[type].size; number += 1) {
        if (this.#sides[type].get(number, 0) !== sideBits[side]) continue;
        counts[type] += 1;
        const id = this.#ids[type].at(number);
        const plain = repository.plainLength(type, id);
        if (plain === undefined) onUnknown(type, id);
        bytes += plain ?? 0;
      }
    }
    return { dataBlobs: counts.data, treeBlobs: counts.tree, bytes };
  }

  #mark(type: BlobType, number: number, side: Side): void {
    this.#sides[type].set(number, 0, this.#sides[type].get(number, 0) | sideBits[side]);
  }
}

function isOnly(sides: number): boolean {
  return sides === sideBits.before || sides === sideBits.after;
}
