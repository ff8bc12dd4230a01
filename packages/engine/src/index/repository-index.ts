import { fromHex } from "@holdfast/base";
import type { BlobPlace, BlobType } from "../blob.ts";
import { sealOverheadBytes } from "../crypto/seal.ts";
import type { BlobId, Id, IndexId, PackId } from "../id.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import { BlobTable } from "./blob-table.ts";
import { GrowingRows } from "../tables/growing-rows.ts";
import { IdTable } from "../tables/id-table.ts";
import { SharedBlobSet } from "../tables/shared-blob-set.ts";
import type { NumberedPlace, WholeIndex } from "../repository/whole-index.ts";
import { parseIndexFile } from "./index-file.ts";

/** Where every known blob lies, from all index files together and from the packs stored in this session. */
export class RepositoryIndex implements WholeIndex {
  /** The ids of all blobs, and of those that a thread has claimed and is about to store. */
  readonly known: SharedBlobSet;
  readonly #tables: Readonly<Record<BlobType, BlobTable>>;
  readonly #packs = new IdTable();
  /** Blobs that a pack's first entry listed. */
  readonly #packBlobs = new GrowingRows(1);
  readonly #repeatedPacks = new Set<number>();
  readonly #splitPacks = new Set<number>();
  readonly #files = new Map<IndexId, Uint32Array>();

  /** @param expectedBlobs saves work when it is known, and is no limit */
  constructor(expectedBlobs = 0) {
    this.known = SharedBlobSet.create(expectedBlobs);
    this.#tables = { data: new BlobTable(this.known.ids.data), tree: new BlobTable(this.known.ids.tree) };
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
      packEnd: () => {
        if (entry.isNew) this.#packBlobs.set(entry.pack, 0, blobs);
        else if (newPlaces > 0 || this.#packBlobs.get(entry.pack, 0) !== blobs) this.#splitPacks.add(entry.pack);
        else this.#repeatedPacks.add(entry.pack);
      },
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
