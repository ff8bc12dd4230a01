import type { BlobType } from "../blob.ts";
import type { Id, TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { PackFaults } from "./pack-check.ts";
import type { Finding } from "./report.ts";

/** Everything that makes files and directories unrestorable, by what it hits. */
export class Faults {
  readonly #blobs = new Map<string, Finding[]>();
  readonly #entries = new Map<TreeId, { readonly name: Buffer; readonly finding: Finding }[]>();

  get isEmpty(): boolean {
    return this.#blobs.size === 0 && this.#entries.size === 0;
  }

  addBlob(type: BlobType, id: Id, finding: Finding): void {
    addTo(this.#blobs, `${type} ${id}`, finding);
  }

  /** The reasons why a blob cannot be had; none when it can. */
  ofBlob(type: BlobType, id: Id): readonly Finding[] {
    return this.#blobs.get(`${type} ${id}`) ?? [];
  }

  /** @param name of the entry in its directory, which is wrong by itself */
  addEntry(tree: TreeId, name: Buffer, finding: Finding): void {
    addTo(this.#entries, tree, { name, finding });
  }

  /** @param finding of more entries of the directory than are worth naming */
  addTree(tree: TreeId, finding: Finding): void {
    const entries = this.#entries.get(tree);
    if (entries?.some((entry) => entry.finding === finding) !== true) this.addEntry(tree, Buffer.from("…"), finding);
  }

  entriesOf(tree: TreeId): readonly { readonly name: Buffer; readonly finding: Finding }[] {
    return this.#entries.get(tree) ?? [];
  }

  /** Adds the blobs that all their packs have lost. One that another pack still has is no loss. */
  addPacks(repository: Repository, packFaults: PackFaults): void {
    const lost = new Set<string>(); // of blobs with several places; one place that is lost is all of it
    const several = new Set<string>();
    for (const [packId, fault] of packFaults) {
      for (const { type, id } of fault.lost) {
        const name = `${type} ${id}`;
        if (!several.has(name) && repository.places(type, id).length < 2) continue;
        several.add(name);
        lost.add(`${packId} ${name}`);
      }
    }
    const isLostEverywhere = new Map<string, boolean>(); // asked once a blob, however many packs claim to hold it
    for (const { finding, lost: blobs } of packFaults.values()) {
      for (const { type, id } of blobs) {
        const name = `${type} ${id}`;
        const known = isLostEverywhere.get(name);
        const isLost =
          known ??
          (!several.has(name) || repository.places(type, id).every((place) => lost.has(`${place.packId} ${name}`)));
        if (known === undefined && several.has(name)) isLostEverywhere.set(name, isLost);
        if (isLost) this.addBlob(type, id, finding);
      }
    }
  }
}

function addTo<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
