import { hash } from "node:crypto";
import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { dayMs, messageOf, secondMs, systemCodeOf, type Clock, type Log, type Random } from "@holdfast/base";
import type { MasterKey } from "../crypto/master-key.ts";
import type { Id, IndexId } from "../id.ts";
import type { CacheFolder } from "./cache-folder.ts";
import { cacheAgeMaxDays } from "./cache-list.ts";
import { byteOrder, jsonPieces, SealedFileFault, SealedFileReader, writeSealedFile } from "./sealed-file.ts";

const imageBytesMax = 2 ** 32;
/** What nobody used for so long belongs to a backup that is not made any more. */
const ageMaxMs = cacheAgeMaxDays * dayMs;

interface Head {
  readonly files: readonly IndexId[];
  readonly imageBytes: number;
}

/**
 * What this machine remembers between two backups about trees that it stored, an image for each source. A backup
 * believes it, so each is sealed with a key that only the repository's own gives, names the index files that knew all
 * blobs of those trees, and counts only while every one of them is there.
 *
 * @see docs/adr/0017-unchanged-directories-are-known-by-a-digest.md
 */
export class TreeMemory {
  readonly #folder: CacheFolder;
  readonly #key: MasterKey;
  readonly #purpose: string;
  readonly #context: { clock: Clock; random: Random; log: Log };

  constructor(
    folder: CacheFolder,
    key: MasterKey,
    repository: Id,
    context: { clock: Clock; random: Random; log: Log },
  ) {
    this.#folder = folder;
    this.#key = key;
    this.#purpose = `holdfast known trees 1 ${byteOrder} ${repository}`;
    this.#context = context;
  }

  /**
   * The image kept under a name, in shared memory; undefined when none is there that may be believed.
   * @param hasFile whether the repository has an index file now
   */
  async load(name: string, hasFile: (id: IndexId) => boolean): Promise<SharedArrayBuffer | undefined> {
    const path = await this.#pathOf(name);
    let reader: SealedFileReader | undefined;
    try {
      reader = await SealedFileReader.open(path, { key: this.#key, purpose: this.#purposeOf(name) });
      const { files, imageBytes } = await readHead(reader);
      if (!files.every((file) => hasFile(file))) throw new SealedFileFault("an index file it goes by is gone");
      const image = new SharedArrayBuffer(imageBytes);
      await reader.readInto(new Uint8Array(image));
      reader.expectEnd();
      const nowSeconds = this.#context.clock.nowMs() / secondMs;
      await utimes(path, nowSeconds, nowSeconds);
      return image;
    } catch (error) {
      if (systemCodeOf(error) === "ENOENT") return undefined;
      this.#context.log.debug("remembered trees are not used", { path, why: messageOf(error) });
      await rm(path, { force: true });
      return undefined;
    } finally {
      await reader?.close();
    }
  }

  /**
   * Keeps an image, and forgets those that nobody used for a month. What fails here costs the next backup time only.
   * @param files the index files that together know every blob of its trees
   */
  async keep(name: string, files: readonly IndexId[], image: Uint8Array): Promise<void> {
    try {
      const path = await this.#pathOf(name);
      const head: Head = { files, imageBytes: image.byteLength };
      const sealing = { key: this.#key, purpose: this.#purposeOf(name), random: this.#context.random };
      await writeSealedFile(path, [...jsonPieces(head), image], sealing);
      await this.#forgetOld();
    } catch (error) {
      this.#context.log.debug("trees are not remembered", { why: messageOf(error) });
    }
  }

  async #forgetOld(): Promise<void> {
    const folder = await this.#folder.ownFolder("trees");
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const stats = await stat(path).catch(() => undefined);
      if (stats !== undefined && this.#context.clock.nowMs() - stats.mtimeMs > ageMaxMs)
        await rm(path, { force: true });
    }
  }

  async #pathOf(name: string): Promise<string> {
    return join(await this.#folder.ownFolder("trees"), hash("sha256", name));
  }

  #purposeOf(name: string): string {
    return `${this.#purpose} ${hash("sha256", name)}`;
  }
}

async function readHead(reader: SealedFileReader): Promise<Head> {
  // Authenticated: only this program can have written it.
  const head = (await reader.readJson()) as Head;
  if (head.imageBytes > imageBytesMax) throw new SealedFileFault("too long");
  return head;
}
