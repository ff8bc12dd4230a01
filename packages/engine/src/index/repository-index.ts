import { fromHex } from "@holdfast/base";
import type { BlobPlace, BlobType } from "../blob.ts";
import { sealOverheadBytes } from "../crypto/seal.ts";
import type { BlobId, Id, IndexId, PackId } from "../id.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import { BlobTable, type BlobTableShape } from "./blob-table.ts";
import { GrowingRows } from "../tables/growing-rows.ts";
import { IdTable } from "../tables/id-table.ts";
import { SharedBlobSet } from "../tables/shared-blob-set.ts";
import type { NumberedPlace, WholeIndex } from "../repository/whole-index.ts";
import { parseIndexFile } from "./index-file.ts";

/** 32-bit words of an id. */
const idWords = 8;

/** What an image of an index holds. */
export interface IndexShape {
  readonly data: BlobTableShape;
  readonly tree: BlobTableShape;
  readonly packs: number;
  /** The index files it was made of, each with how many packs it names. */
  readonly files: readonly { readonly id: IndexId; readonly packs: number }[];
  readonly repeated: number;
  readonly split: number;
}

/** Where every known blob lies, from all index files together and from the packs stored in this session. */
export class RepositoryIndex implements WholeIndex {
  /** The ids of all blobs, and of those that a thread has claimed and is about to store. */
  readonly known: SharedBlobSet;
  readonly #tables: Readonly<Record<BlobType, BlobTable>>;
  readonly #packs = new IdTable();
  /** Blobs that a pack's first entry listed. */
  #packBlobs = new GrowingRows(1);
  readonly #repeatedPacks = new Set<number>();
  readonly #splitPacks = new Set<number>();
  readonly #files = new Map<IndexId, Uint32Array>();

  constructor(tables: Readonly<Record<BlobType, BlobTable>> = { data: new BlobTable(), tree: new BlobTable() }) {
    this.#tables = tables;
    this.known = new SharedBlobSet({ data: tables.data.ids, tree: tables.tree.ids });
  }

  /**
   * The index that `image` was taken of.
   * @param fill puts the next bytes of the image into an array
   */
  static async fromImage(shape: IndexShape, fill: (target: Uint8Array) => Promise<void>): Promise<RepositoryIndex> {
    const data = await BlobTable.fromImage(shape.data, fill);
    const index = new RepositoryIndex({ data, tree: await BlobTable.fromImage(shape.tree, fill) });
    const ids = await GrowingRows.fromImage(idWords, shape.packs, fill);
    const words = new Uint32Array(idWords);
    for (let pack = 0; pack < shape.packs; pack += 1) {
      for (let word = 0; word < idWords; word += 1) words[word] = ids.get(pack, word);
      index.#packs.addBytes(new Uint8Array(words.buffer));
    }
    index.#packBlobs = await GrowingRows.fromImage(1, shape.packs, fill);
    for (const file of shape.files) index.#files.set(file.id, await filledWords(file.packs, fill));
    for (const pack of await filledWords(shape.repeated, fill)) index.#repeatedPacks.add(pack);
    for (const pack of await filledWords(shape.split, fill)) index.#splitPacks.add(pack);
    return index;
  }

  /** How much `image` yields, and of which index files it was made. */
  get shape(): IndexShape {
    return {
      data: this.#tables.data.shape,
      tree: this.#tables.tree.shape,
      packs: this.#packs.size,
      files: [...this.#files].map(([id, packs]) => ({ id, packs: packs.length })),
      repeated: this.#repeatedPacks.size,
      split: this.#splitPacks.size,
    };
  }

  /** Everything it holds, to be read before anything is added. No blob may be only claimed. */
  *image(): Generator<Uint8Array> {
    yield* this.#tables.data.image();
    yield* this.#tables.tree.image();
    yield* this.#packs.image();
    yield* this.#packBlobs.image();
    for (const numbers of [...this.#files.values(), this.#repeatedPacks, this.#splitPacks])
      yield new Uint8Array(Uint32Array.from(numbers).buffer);
  }

  /** Takes in all that another index says, which was made of other index files. */
  merge(other: RepositoryIndex): void {
    for (const { id, blobs } of other.packs()) this.#addEntry(id, blobs);
    for (const [file, packs] of other.#files)
      this.addFile(
        file,
        Array.from(packs, (pack) => other.packId(pack)),
      );
    for (const pack of other.repeatedPacks()) this.#repeatedPacks.add(this.#packs.find(pack));
    for (const pack of other.splitPacks()) this.#splitPacks.add(this.#packs.find(pack));
  }

  /** Bytes of memory that blobs and packs occupy; what is only reserved for growth does not count. */
  get bytes(): number {
    return this.#tables.data.bytes + this.#tables.tree.bytes + this.#packs.bytes;
  }

  get packCount(): number {
    return this.#packs.size;
  }

  blobCount(type: BlobType): number {
    return this.#tables[type].size;
  }

  packId(pack: number): PackId {
    return this.#packs.at(pack);
  }

  packNumber(id: PackId): number {
    return this.#packs.find(id);
  }

  blobNumber(type: BlobType, id: Id): number {
    return this.#tables[type].find(id);
  }

  blobNumberOf(type: BlobType, id: Uint8Array): number {
    return this.#tables[type].findBytes(id);
  }

  blobId(type: BlobType, blob: number): BlobId {
    return this.#tables[type].idAt(blob);
  }

  placeCount(type: BlobType): number {
    return this.#tables[type].placeCount;
  }

  placeInto(type: BlobType, place: number, into: NumberedPlace): void {
    this.#tables[type].placeInto(place, into);
  }

  get files(): ReadonlyMap<IndexId, Uint32Array> {
    return this.#files;
  }

  /** Remembers that an index file of this session names these packs, which are all known. */
  addFile(id: IndexId, packs: Iterable<PackId>): void {
    this.#files.set(
      id,
      Uint32Array.from(packs, (pack) => this.#packs.find(pack)),
    );
  }

  has(type: BlobType, id: Id): boolean {
    return this.#tables[type].has(id);
  }

  /** Bytes of the blob when it is decoded; undefined when it is unknown. */
  plainLength(type: BlobType, id: Id): number | undefined {
    const place = this.#tables[type].firstPlace(id);
    return place === undefined ? undefined : plainLengthOf(place);
  }

  places(type: BlobType, id: Id): BlobPlace[] {
    return this.#tables[type].places(id).map(({ pack, offset, length, uncompressedLength }) => {
      return { packId: this.#packs.at(pack), offset, length, uncompressedLength };
    });
  }

  hasPack(id: PackId): boolean {
    return this.#packs.find(id) >= 0;
  }

  /** Packs that several index files list, each time completely. Harmless; interrupted repairs leave it. */
  repeatedPacks(): PackId[] {
    return [...this.#repeatedPacks].map((pack) => this.#packs.at(pack));
  }

  /** Packs whose blobs are spread over several entries, which restic counts as damage. */
  splitPacks(): PackId[] {
    return [...this.#splitPacks].map((pack) => this.#packs.at(pack));
  }

  /** Adds a pack that was stored in this session. */
  addPack(id: PackId, blobs: readonly PackedBlob[]): void {
    const pack = this.#beginPack(fromHex(id)).pack;
    for (const { type, id: blobId, offset, length, uncompressedLength } of blobs)
      this.#tables[type].add(fromHex(blobId), { pack, offset, length, uncompressedLength });
    this.#packBlobs.set(pack, 0, blobs.length);
  }

  /**
   * Adds what an index file says.
   * @param file its id, for those who ask which packs it names
   * @throws Error when it is no index; what came before the fault has then been added
   */
  addIndexFile(json: Uint8Array, version: 1 | 2, file?: IndexId): void {
    let entry = { pack: 0, isNew: true };
    let blobs = 0;
    let newPlaces = 0;
    const packs: number[] = [];
    parseIndexFile(json, version, {
      pack: (id) => {
        entry = this.#beginPack(id);
        packs.push(entry.pack);
        blobs = 0;
        newPlaces = 0;
      },
      blob: (blob) => {
        blobs += 1;
        const { offset, length, uncompressedLength } = blob;
        const place = { pack: entry.pack, offset, length, uncompressedLength };
        if (this.#tables[blob.type].add(blob.id, place)) newPlaces += 1;
      },
      packEnd: () => this.#endEntry(entry.pack, entry.isNew, blobs, newPlaces),
    });
    if (file !== undefined) this.#files.set(file, Uint32Array.from(packs));
  }

  /**
   * Every pack with its blobs by ascending offset. Costs four bytes a place while it runs, not an object.
   * @param isWanted leaves packs out, which then cost nothing
   */
  *packs(isWanted: (pack: number) => boolean = () => true): Generator<{ id: PackId; blobs: PackedBlob[] }> {
    const { data, tree } = this.#tables;
    const packCount = this.packCount; // packs that arrive while the caller works are not part of this round
    const wanted = Uint8Array.from({ length: packCount }, (_, pack) => (isWanted(pack) ? 1 : 0));
    // A counting sort by pack. Places are numbered through both tables, data first.
    const dataPlaces = data.placeCount;
    const allPlaces = dataPlaces + tree.placeCount;
    const packOf = (place: number) => (place < dataPlaces ? data.packAt(place) : tree.packAt(place - dataPlaces));
    const begins = new Uint32Array(packCount + 1);
    for (let place = 0; place < allPlaces; place += 1) begins[packOf(place) + 1]! += wanted[packOf(place)] ?? 0;
    for (let pack = 1; pack <= packCount; pack += 1) begins[pack]! += begins[pack - 1]!;
    const order = new Uint32Array(begins[packCount]!);
    const filled = begins.slice();
    for (let place = 0; place < allPlaces; place += 1) {
      const pack = packOf(place);
      if (wanted[pack] !== 1) continue; // or the blob is only claimed
      order[filled[pack]!] = place;
      filled[pack]! += 1;
    }
    for (let pack = 0; pack < packCount; pack += 1) {
      if (wanted[pack] === 0) continue;
      const blobs: PackedBlob[] = [];
      for (const place of order.subarray(begins[pack], begins[pack + 1])) {
        const type = place < dataPlaces ? "data" : "tree";
        const found = type === "data" ? data.placeAt(place) : tree.placeAt(place - dataPlaces);
        const { offset, length, uncompressedLength } = found.place;
        blobs.push({ type, id: found.id, offset, length, uncompressedLength });
      }
      yield { id: this.#packs.at(pack), blobs: blobs.sort((left, right) => left.offset - right.offset) };
    }
  }

  /** One more entry for a pack, which may be known. */
  #addEntry(id: PackId, blobs: readonly PackedBlob[]): void {
    const { pack, isNew } = this.#beginPack(fromHex(id));
    let newPlaces = 0;
    for (const { type, id: blobId, offset, length, uncompressedLength } of blobs)
      if (this.#tables[type].add(fromHex(blobId), { pack, offset, length, uncompressedLength })) newPlaces += 1;
    this.#endEntry(pack, isNew, blobs.length, newPlaces);
  }

  #endEntry(pack: number, isNew: boolean, blobs: number, newPlaces: number): void {
    if (isNew) this.#packBlobs.set(pack, 0, blobs);
    else if (newPlaces > 0 || this.#packBlobs.get(pack, 0) !== blobs) this.#splitPacks.add(pack);
    else this.#repeatedPacks.add(pack);
  }

  #beginPack(id: Uint8Array): { pack: number; isNew: boolean } {
    const known = this.#packs.size;
    const pack = this.#packs.addBytes(id);
    if (pack === known) this.#packBlobs.add();
    return { pack, isNew: pack === known };
  }
}

/** Bytes of a blob when it is decoded. */
function plainLengthOf(place: { length: number; uncompressedLength: number }): number {
  return place.uncompressedLength === 0 ? place.length - sealOverheadBytes : place.uncompressedLength;
}

async function filledWords(count: number, fill: (target: Uint8Array) => Promise<void>): Promise<Uint32Array> {
  const words = new Uint32Array(count);
  await fill(new Uint8Array(words.buffer));
  return words;
}
