import { closeSync, constants, fstatSync, openSync, read as readCallback, readSync, type BigIntStats } from "node:fs";
import { promisify } from "node:util";
import { HoldfastError, systemCodeOf } from "@holdfast/base";
import type { ExtendedAttribute, SourceFile, SourceStream, TreeNode } from "@holdfast/engine";
import { sourceErrors } from "../errors.ts";
import type { Describe } from "./describe.ts";

// A fifo that took the file's place must not make the opening wait; reading must not change the access time.
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const noAccessTime = process.platform === "linux" ? constants.O_NOATIME : 0;
const readAsync = promisify(readCallback);

/** What is known of a file before it is opened. */
export interface SeenFile {
  readonly path: Buffer;
  readonly name: Buffer;
  readonly attributes: readonly ExtendedAttribute[];
}

/** @throws the system's error; SOURCE_REPLACED when it is no file any more */
export function openFile(seen: SeenFile, describe: Describe): SourceFile {
  return new OpenFile(...opened(seen, describe));
}

/** As `openFile`, for a large one: its bytes are waited for. */
export function openStream(seen: SeenFile, describe: Describe): SourceStream {
  return new OpenStream(...opened(seen, describe));
}

function opened({ path, name, attributes }: SeenFile, describe: Describe): [number, BigIntStats, TreeNode] {
  const fd = openForReading(path);
  try {
    const stats = fstatSync(fd, { bigint: true });
    if (!stats.isFile()) {
      throw new HoldfastError(sourceErrors.replaced, "It was replaced by something else before it could be read.");
    }
    return [fd, stats, describe(name, stats, attributes)];
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function openForReading(path: Buffer): number {
  try {
    return openSync(path, readFlags | noAccessTime);
  } catch (error) {
    // Only the owner and root may leave the access time alone.
    if (noAccessTime === 0 || systemCodeOf(error) !== "EPERM") throw error;
    return openSync(path, readFlags);
  }
}

class Opened {
  readonly node: TreeNode;
  protected readonly fd: number;
  readonly #stats: BigIntStats;

  constructor(fd: number, stats: BigIntStats, node: TreeNode) {
    this.fd = fd;
    this.#stats = stats;
    this.node = node;
  }

  hasChanged(): boolean {
    const now = fstatSync(this.fd, { bigint: true });
    const then = this.#stats;
    return now.size !== then.size || now.mtimeNs !== then.mtimeNs || now.ctimeNs !== then.ctimeNs;
  }

  close(): void {
    closeSync(this.fd);
  }
}

class OpenFile extends Opened implements SourceFile {
  read(into: Uint8Array): number {
    return readSync(this.fd, into);
  }
}

class OpenStream extends Opened implements SourceStream {
  async read(into: Uint8Array): Promise<number> {
    const { bytesRead } = await readAsync(this.fd, into, 0, into.byteLength, null);
    return bytesRead;
  }
}
