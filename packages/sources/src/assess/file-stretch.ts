import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { SourceFile, TreeNode } from "@holdfast/engine";
import { describeFile, type OwnerNames } from "@holdfast/engine/files";
import type { SamplePlace } from "./size-classes.ts";

const nobody: OwnerNames = { user: () => "", group: () => "" };

/** One stretch of a file, read as if it were a file of its own. */
export class FileStretch implements SourceFile {
  readonly node: TreeNode;
  readonly #fd: number;
  readonly #end: number;
  #at: number;

  /** @throws the system's error */
  constructor(place: SamplePlace) {
    this.#fd = openSync(place.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      this.node = describeFile(Buffer.from("sample"), fstatSync(this.#fd, { bigint: true }), nobody, []);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
    this.#at = place.offset;
    this.#end = place.offset + place.length;
  }

  read(into: Uint8Array): number {
    const wanted = Math.min(into.byteLength, this.#end - this.#at);
    if (wanted === 0) return 0;
    const bytesRead = readSync(this.#fd, into, 0, wanted, this.#at);
    this.#at += bytesRead;
    return bytesRead;
  }

  hasChanged(): boolean {
    return false;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
