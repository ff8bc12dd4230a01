import { closeSync, constants, lstatSync, openSync, readSync } from "node:fs";
import {
  decodeName,
  isDirectory,
  isFile,
  PatternList,
  type AnchoredDirectory,
  type FileStats,
} from "@holdfast/engine/files";

/** What is left out of a backup of files. Everything that was asked for by its own path is kept whatever is said here. */
export interface ExcludeOptions {
  /** restic's `--exclude`; recorded in the snapshot. */
  readonly excludes?: readonly string[];
  /** restic's `--iexclude`, and patterns read from files: not recorded. */
  readonly excludesIgnoringCase?: readonly string[];
  readonly excludesUnrecorded?: readonly string[];
  /** Directories that hold a file of this name, whose content begins with `header` if that is given. */
  readonly excludeIfPresent?: readonly TagFile[];
  /** Directories that say of themselves that they are caches. */
  readonly excludeCaches?: boolean;
  /** Files larger than so many bytes. */
  readonly excludeLargerThanBytes?: number;
  /** Stay on the file system that each target lies on. */
  readonly oneFileSystem?: boolean;
}

export interface TagFile {
  readonly name: string;
  readonly header?: string;
}

/** @see https://bford.info/cachedir/ */
const cacheTag: TagFile = { name: "CACHEDIR.TAG", header: "Signature: 8a477f597d28d172789f06886806bc55" };

/** Decides what is left out, by what can be known cheapest first: name, then metadata, then content of tag files. */
export class Selection {
  readonly #patterns: readonly PatternList[];
  readonly #tagFiles: readonly TagFile[];
  readonly #sizeMaxBytes: bigint | undefined;
  readonly #oneFileSystem: boolean;

  /** @throws ENGINE_BAD_PATTERN */
  constructor(options: ExcludeOptions) {
    this.#patterns = [
      new PatternList(options.excludes ?? []),
      new PatternList(options.excludesUnrecorded ?? []),
      new PatternList(options.excludesIgnoringCase ?? [], { ignoreCase: true }),
    ].filter((list) => !list.isEmpty);
    this.#tagFiles = [...(options.excludeIfPresent ?? []), ...(options.excludeCaches === true ? [cacheTag] : [])];
    this.#sizeMaxBytes =
      options.excludeLargerThanBytes === undefined ? undefined : BigInt(Math.trunc(options.excludeLargerThanBytes));
    this.#oneFileSystem = options.oneFileSystem ?? false;
  }

  /** False when no path is excluded by what it is called. */
  get hasPatterns(): boolean {
    return this.#patterns.length > 0;
  }

  /** False when no file is excluded by what the system says of it. */
  get looksAtFiles(): boolean {
    return this.#sizeMaxBytes !== undefined || this.#oneFileSystem;
  }

  /** @param path components of the absolute path, as `decodeName` gives them */
  excludesPath(path: readonly string[]): boolean {
    return this.#patterns.some((patterns) => patterns.matches(path));
  }

  /**
   * @param targetDevice the file system of the target that the entry was reached from
   * @param parentDevice that of its directory: where a file system is mounted, the empty directory is kept
   */
  excludesFile(stats: FileStats, targetDevice: bigint, parentDevice: bigint): boolean {
    if (this.#sizeMaxBytes !== undefined && isFile(stats) && stats.size > this.#sizeMaxBytes) return true;
    if (!this.#oneFileSystem || stats.dev === targetDevice) return false;
    return !(isDirectory(stats) && parentDevice === targetDevice);
  }

  /** The names that are kept of a directory: all, or its tag file alone. @param names as bytes (latin1) */
  keptNames(directory: AnchoredDirectory, names: string[]): string[] {
    for (const tag of this.#tagFiles) {
      const name = Buffer.from(tag.name).toString("latin1");
      if (names.includes(name) && carriesHeader(directory.pathOf(Buffer.from(tag.name)), tag.header)) return [name];
    }
    return names;
  }
}

function carriesHeader(path: Buffer, header: string | undefined): boolean {
  if (header === undefined || header === "") return true;
  const wanted = Buffer.from(header);
  try {
    if (!lstatSync(path).isFile()) return false; // never opened: a fifo would wait for ever
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = Buffer.alloc(wanted.length);
      return readSync(fd, found, 0, found.length, 0) === wanted.length && found.equals(wanted);
    } finally {
      closeSync(fd);
    }
  } catch {
    return false; // what cannot be read says nothing; the directory itself is looked at as any other
  }
}

/** The components of an absolute path of bytes (latin1), as patterns see them. */
export function decodePath(path: string): string[] {
  return path
    .split("/")
    .filter((component) => component !== "")
    .map(decodeName);
}
