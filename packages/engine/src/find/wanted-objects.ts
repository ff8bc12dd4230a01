import { HoldfastError } from "@holdfast/base";
import { blobTypes, type BlobPlace, type BlobType } from "../blob.ts";
import { engineErrors } from "../errors.ts";
import { isId, type BlobId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { IdTable } from "../tables/id-table.ts";

const beginningPattern = /^[0-9a-f]{4,64}$/;

/** Blobs and trees that are looked for: whole ids, and beginnings of such. */
export class WantedObjects {
  readonly #ids: Readonly<Record<BlobType, IdTable>> = { data: new IdTable(), tree: new IdTable() };
  readonly #beginnings: Readonly<Record<BlobType, string[]>> = { data: [], tree: [] };

  /** @param texts ids, or at least their first four digits. @throws ENGINE_BAD_ID */
  static byId(type: BlobType, texts: readonly string[]): WantedObjects {
    const wanted = new WantedObjects();
    for (const text of texts) {
      if (isId(text)) wanted.#ids[type].add(text);
      else wanted.#beginnings[type].push(checkedBeginning(text));
    }
    return wanted;
  }

  /** Everything that lies in some packs, by the index. @throws ENGINE_BAD_ID, ENGINE_NO_SUCH_PACK */
  static inPacks(repository: Repository, texts: readonly string[]): WantedObjects {
    const wanted = new WantedObjects();
    const missing = new Set(texts.map(checkedBeginning));
    const beginnings = [...missing];
    for (const { id, blobs } of repository.packs()) {
      const named = beginnings.filter((beginning) => id.startsWith(beginning));
      if (named.length === 0) continue;
      for (const beginning of named) missing.delete(beginning);
      for (const blob of blobs) wanted.#ids[blob.type].add(blob.id);
    }
    if (missing.size === 0) return wanted;
    throw new HoldfastError(engineErrors.noSuchPack, `No indexed pack has the id ${[...missing].join(", ")}.`);
  }

  /** How many of a type are looked for; a beginning counts as one. */
  count(type: BlobType): number {
    return this.#ids[type].size + this.#beginnings[type].length;
  }

  has(type: BlobType, id: BlobId): boolean {
    return this.#ids[type].find(id) >= 0 || this.#beginnings[type].some((beginning) => id.startsWith(beginning));
  }

  /** Every whole id that is looked for, and whatever the index knows that begins as asked: with its first place. */
  *places(repository: Repository): Generator<{ type: BlobType; id: BlobId; place: BlobPlace | undefined }> {
    const beginnings = blobTypes.some((type) => this.#beginnings[type].length > 0);
    if (beginnings) this.#completeFromIndex(repository);
    for (const type of blobTypes) {
      for (let number = 0; number < this.#ids[type].size; number += 1) {
        const id = this.#ids[type].at(number);
        yield { type, id, place: repository.places(type, id)[0] };
      }
    }
  }

  #completeFromIndex(repository: Repository): void {
    for (const { blobs } of repository.packs()) {
      for (const { type, id } of blobs) if (this.has(type, id)) this.#ids[type].add(id);
    }
  }
}

function checkedBeginning(text: string): string {
  if (beginningPattern.test(text)) return text;
  const shown = text.slice(0, 80);
  throw new HoldfastError(engineErrors.badId, `"${shown}" is neither an id nor at least four digits of one.`);
}
