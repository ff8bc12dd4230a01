import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { hourMs, messageOf, toHex, type Clock, type Log, type Random } from "@holdfast/base";
import type { MasterKey } from "../crypto/master-key.ts";
import type { Id, IndexId } from "../id.ts";
import { RepositoryIndex, type IndexShape } from "../index/repository-index.ts";
import type { CacheFolder } from "./cache-folder.ts";
import { byteOrder, jsonPieces, SealedFileReader, writeSealedFile } from "./sealed-file.ts";

const namePattern = /^index-[0-9a-f]{16}$/;
/** What is read from the index files themselves is kept when it is more than this; below, reading it again is as quick. */
const keptFilesMin = 32;
const keptBlobsMin = 4096;
/** All is written anew as one when the parts beside the largest come to a quarter of it, or are many. */
const partsMax = 8;

/** One cached file: an index made of some index files. */
interface Part {
  readonly path: string;
  readonly shape: IndexShape;
}

/**
 * The index as this machine last knew it, in the form it has in memory: starting from it costs reading a file, where
 * the repository's own index files have to be decrypted, unpacked and parsed.
 *
 * It says which blobs exist, and a backup believes it. So each part is sealed with a key that only the repository's own
 * gives, names the index files it was made of, which never change, and counts only while the repository lists every one
 * of them. What is damaged, foreign or out of date is removed, and the index files are read instead.
 *
 * @see docs/adr/0015-the-index-is-kept-as-it-lies-in-memory.md
 */
export class IndexCache {
  readonly #folder: CacheFolder;
  readonly #key: MasterKey;
  readonly #purpose: string;
  readonly #context: { clock: Clock; random: Random; log: Log };
  #parts: Part[] = [];

  constructor(
    folder: CacheFolder,
    key: MasterKey,
    repository: Id,
    context: { clock: Clock; random: Random; log: Log },
  ) {
    this.#folder = folder;
    this.#key = key;
    this.#purpose = `holdfast index cache 1 ${byteOrder} ${repository}`;
    this.#context = context;
  }

  /**
   * An index made of some of the listed files; `files` says which. Undefined when nothing usable is here.
   * @param listed every index file that the repository has
   */
  async load(listed: ReadonlySet<IndexId>): Promise<RepositoryIndex | undefined> {
    this.#parts = [];
    let index: RepositoryIndex | undefined;
    try {
      for (const part of await this.#usableParts(listed)) {
        const made = await this.#readPart(part);
        if (made === undefined) continue;
        this.#parts.push(part);
        if (index === undefined) index = made;
        else index.merge(made);
      }
      return index;
    } catch (error) {
      this.#context.log.debug("the cached index is not used", { why: messageOf(error) });
      this.#parts = [];
      return undefined;
    }
  }

  /**
   * Remembers what was just read from the index files.
   * @param whole the index made of all listed files and nothing else
   * @param fresh the part of it that `load` did not have; the same when it had nothing
   */
  async keep(whole: RepositoryIndex, fresh: RepositoryIndex): Promise<void> {
    const freshBlobs = fresh.blobCount("data") + fresh.blobCount("tree");
    if (fresh.files.size < keptFilesMin && freshBlobs < keptBlobsMin) return;
    const [largest = 0, ...others] = this.#parts.map(({ shape }) => blobsOf(shape));
    const besideBlobs = others.reduce((sum, blobs) => sum + blobs, freshBlobs);
    const isOneFile = this.#parts.length >= partsMax || besideBlobs > largest / 4;
    try {
      const path = join(await this.#folder.ownFolder("index"), `index-${toHex(this.#context.random.bytes(8))}`);
      await this.#writePart(path, isOneFile ? whole : fresh);
      if (isOneFile) for (const part of this.#parts) await rm(part.path, { force: true });
    } catch (error) {
      this.#context.log.debug("the index is not kept in the local cache", { why: messageOf(error) });
    }
  }

  /** Largest first, none overlapping another; what is unusable is removed. */
  async #usableParts(listed: ReadonlySet<IndexId>): Promise<Part[]> {
    const found: Part[] = [];
    const folder = await this.#folder.ownFolder("index");
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const shape = namePattern.test(name) ? await this.#shapeOf(path) : undefined;
      if (shape?.files.every((file) => listed.has(file.id)) === true) found.push({ path, shape });
      else if (shape !== undefined || (await this.#isLeftOver(path))) await rm(path, { force: true });
    }
    found.sort((left, right) => blobsOf(right.shape) - blobsOf(left.shape) || (left.path < right.path ? -1 : 1));
    const covered = new Set<IndexId>();
    const usable: Part[] = [];
    for (const part of found) {
      if (part.shape.files.some((file) => covered.has(file.id))) {
        await rm(part.path, { force: true });
        continue;
      }
      for (const file of part.shape.files) covered.add(file.id);
      usable.push(part);
    }
    return usable;
  }

  /** Undefined for a part that is none, which is then removed. */
  async #shapeOf(path: string): Promise<IndexShape | undefined> {
    return this.#reading(path, (reader) => readShape(reader));
  }

  async #readPart(part: Part): Promise<RepositoryIndex | undefined> {
    return this.#reading(part.path, async (reader) => {
      const shape = await readShape(reader);
      const index = await RepositoryIndex.fromImage(shape, (target) => reader.readInto(target));
      reader.expectEnd();
      return index;
    });
  }

  async #reading<Result>(
    path: string,
    work: (reader: SealedFileReader) => Promise<Result>,
  ): Promise<Result | undefined> {
    let reader: SealedFileReader | undefined;
    try {
      reader = await SealedFileReader.open(path, { key: this.#key, purpose: this.#purpose });
      return await work(reader);
    } catch (error) {
      this.#context.log.debug("a part of the cached index is unusable", { path, why: messageOf(error) });
      await rm(path, { force: true });
      return undefined;
    } finally {
      await reader?.close();
    }
  }

  async #writePart(path: string, index: RepositoryIndex): Promise<void> {
    const sealing = { key: this.#key, purpose: this.#purpose, random: this.#context.random };
    await writeSealedFile(path, partPieces(index), sealing);
  }

  /** What a process that died left half written, and nobody is writing any more. */
  async #isLeftOver(path: string): Promise<boolean> {
    const stats = await stat(path).catch(() => undefined);
    return stats !== undefined && this.#context.clock.nowMs() - stats.mtimeMs > hourMs;
  }
}

function* partPieces(index: RepositoryIndex): Generator<Uint8Array> {
  yield* jsonPieces(index.shape);
  yield* index.image();
}

async function readShape(reader: SealedFileReader): Promise<IndexShape> {
  // Authenticated: only this program can have written it.
  return (await reader.readJson()) as IndexShape;
}

function blobsOf(shape: IndexShape): number {
  return shape.data.ids.rows + shape.tree.ids.rows;
}
