import { compareBytes, HoldfastError } from "@holdfast/base";
import type { BlobId, TreeId } from "../id.ts";
import type { TreeNode } from "../tree/node.ts";
import { treeNodes } from "../tree/tree-reader.ts";

const listHead = '{"nodes":[';
const idLength = 64;
const quote = 0x22;
const comma = 0x2c;

/**
 * One directory as the parent snapshot has it, walked beside the same directory of the source. Only for finding out
 * what need not be read again, so whatever is odd about it merely costs reading.
 *
 * Most directories did not change, and then their listing's text is what we would write now. So each entry is first held
 * against the text; from the first that differs on, the listing is parsed, which takes four times as long.
 */
export class ParentDirectory {
  readonly #tree: Buffer | undefined;
  readonly #onDamage: (error: HoldfastError) => void;
  /** Where the next entry's text begins; undefined once the listing is parsed. */
  #at: number | undefined;
  #nodes: Iterator<TreeNode> | undefined;
  #next: TreeNode | undefined;

  private constructor(tree: Buffer | undefined, onDamage: (error: HoldfastError) => void) {
    this.#tree = tree;
    this.#onDamage = onDamage;
    if (tree?.toString("latin1", 0, listHead.length) === listHead) this.#at = listHead.length;
  }

  /** For a directory that the parent does not have. */
  static readonly none = (): ParentDirectory => new ParentDirectory(undefined, () => {});

  /**
   * @param tree the bytes of its listing
   * @param onDamage hears when they turn out to be none; then nothing is found in it
   */
  static of(tree: Uint8Array, onDamage: (error: HoldfastError) => void): ParentDirectory {
    return new ParentDirectory(Buffer.from(tree.buffer, tree.byteOffset, tree.byteLength), onDamage);
  }

  /** False when there is surely nothing to compare with. */
  get isKnown(): boolean {
    return this.#tree !== undefined;
  }

  /**
   * What a file contains whose entry is the next one and says the same of everything else.
   * @param head the entry's text as it would be now, up to and with the bracket before its content
   */
  sameFile(head: string): readonly BlobId[] | undefined {
    let at = this.#behind(head);
    if (at === undefined) return undefined;
    const content: BlobId[] = [];
    while (this.#tree![at] === quote) {
      const id = this.#idAt(at + 1);
      if (id === undefined || this.#tree![at + 1 + idLength] !== quote) return undefined;
      content.push(id);
      at += idLength + 2;
      if (this.#tree![at] === comma && this.#tree![at + 1] === quote) at += 1;
    }
    return this.#passTo(at, "]}") ? content : undefined;
  }

  /**
   * The listing of a directory whose entry is the next one and says the same of everything else.
   * @param head the entry's text as it would be now, up to where the id of the listing goes
   */
  sameDirectory(head: string): TreeId | undefined {
    const at = this.#behind(head);
    const id = at === undefined ? undefined : this.#idAt(at);
    return id !== undefined && this.#passTo(at! + idLength, '"}') ? id : undefined;
  }

  /** Passes an entry that is the next one and says the same of everything. */
  passSame(json: string): void {
    const at = this.#behind(json);
    if (at !== undefined) this.#passTo(at, "");
  }

  /** The entry of this name. Names are asked for in ascending order. */
  find(name: Buffer): TreeNode | undefined {
    if (this.#tree === undefined) return undefined;
    if (this.#nodes === undefined) {
      this.#at = undefined;
      this.#nodes = treeNodes(this.#tree, () => {});
      this.#next = this.#begin(this.#nodes);
    }
    while (this.#next !== undefined) {
      const order = compareBytes(this.#next.name, name);
      if (order > 0) return undefined;
      const candidate = this.#next;
      this.#next = this.#nodes.next().value;
      if (order === 0) return candidate;
    }
    return undefined;
  }

  #begin(nodes: Iterator<TreeNode>): TreeNode | undefined {
    try {
      return nodes.next().value;
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      this.#onDamage(error);
      return undefined;
    }
  }

  /** Where the next entry goes on behind `text`, if it begins with it. */
  #behind(text: string): number | undefined {
    if (this.#at === undefined) return undefined;
    const end = this.#at + Buffer.byteLength(text);
    return this.#tree!.toString("utf8", this.#at, end) === text ? end : undefined;
  }

  /** Goes on to the next entry if this one ends here with `end`, and something that may follow an entry. */
  #passTo(at: number, end: string): boolean {
    const behind = at + end.length;
    if (this.#tree!.toString("latin1", at, behind) !== end) return false;
    const next = this.#tree!.toString("latin1", behind, behind + 1);
    if (next === ",") this.#at = behind + 1;
    else if (next !== "]") return false;
    else this.#at = this.#tree!.byteLength; // nothing begins there
    return true;
  }

  #idAt(at: number): BlobId | undefined {
    const text = this.#tree!.toString("latin1", at, at + idLength);
    return /^[0-9a-f]{64}$/.test(text) ? (text as BlobId) : undefined;
  }
}
