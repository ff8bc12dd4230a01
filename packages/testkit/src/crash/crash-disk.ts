import { posix } from "node:path";
import { concatBytes } from "@holdfast/base";
import type { Disk, DiskEntry, NewFile, OpenFile } from "@holdfast/storage";
import type { SeededRandom } from "../seeded-random.ts";
import { emptyImage, type DiskImage, type ImageDirectory, type ImageFile } from "./disk-image.ts";

export type DiskVerb =
  "createFile" | "append" | "setMode" | "sync" | "close" | "openFile" | "read" | "entry" | "names"
  | "link" | "rename" | "removeFile" | "makeDirectory" | "syncDirectory"; // prettier-ignore

/** One call of the disk. For `link` and `rename` the path is the new name. */
export interface DiskOperation {
  readonly verb: DiskVerb;
  readonly path: string;
}

export interface CrashDiskOptions {
  /** What it holds, all of it durable; default nothing. */
  readonly image?: DiskImage;
  /** Such syncs are acknowledged and not done, as by drives that lie. */
  readonly ignoresSync?: "files" | "directories" | "all";
  /** Called before each operation; the system code that it returns is how the operation fails, having done nothing. */
  readonly fault?: (operation: DiskOperation) => string | undefined;
  /** Called after each operation that changed something, while nothing else runs: the place to crash. */
  readonly onChange?: (operation: DiskOperation) => void;
  /** What new files say of their time; default 0. */
  readonly nowMs?: () => number;
}

/** A file system in memory that knows what would be left of it after a power cut. Paths are absolute, parted by "/". */
export interface CrashDisk extends Disk {
  /** As a killed process leaves it: whatever was done stays. */
  exact(): DiskImage;
  /** As a power cut at its worst leaves it: only what was synced stays. */
  strict(): DiskImage;
  /**
   * As a power cut may leave it: every pending write, mode and name is kept or lost by itself, and a write may be torn:
   * cut at a sector's border, or of the right length and full of garbage.
   */
  mixture(random: SeededRandom): DiskImage;
}

const sectorBytes = 512;

interface FileInode {
  readonly kind: "file";
  durable: Uint8Array;
  durableMode: number;
  mode: number;
  /** Written since the last sync that worked, in order; a lost one is never made durable any more. */
  pending: { readonly offset: number; readonly bytes: Uint8Array; isLost: boolean }[];
  sizeBytes: number;
  modifiedAtMs: number;
  /** Of the file as it is when nothing is pending, so that images share it. */
  settled: ImageFile | undefined;
}

interface DirectoryInode {
  readonly kind: "directory";
  readonly mode: number;
  readonly entries: Map<string, Inode>;
  durable: Map<string, Inode>;
  /** Names set or removed since the last sync; those of one rename go together. */
  pending: (readonly { readonly name: string; readonly to: Inode | undefined }[])[];
}

type Inode = FileInode | DirectoryInode;

/**
 * An empty disk, or one that comes up with what an earlier one was left with.
 * @see reliability 3.1, after SQLite's test6.c
 */
export function crashDisk(options: CrashDiskOptions = {}): CrashDisk {
  return new DiskThatCrashes(options);
}

class DiskThatCrashes implements CrashDisk {
  readonly #root: DirectoryInode;
  readonly #options: CrashDiskOptions;

  constructor(options: CrashDiskOptions) {
    this.#options = options;
    this.#root = directoryFrom(options.image ?? emptyImage);
  }

  async createFile(path: string): Promise<NewFile> {
    await this.#arrive("createFile", path);
    const { directory, name } = this.#parentOf(path);
    if (directory.entries.has(name)) throw systemError("EEXIST", path);
    const inode: FileInode = {
      kind: "file",
      durable: new Uint8Array(0),
      durableMode: 0o600,
      mode: 0o600,
      pending: [],
      sizeBytes: 0,
      modifiedAtMs: this.#options.nowMs?.() ?? 0,
      settled: undefined,
    };
    setNames(directory, [{ name, to: inode }]);
    this.#changed("createFile", path);
    return this.#newFile(inode, path);
  }

  async openFile(path: string): Promise<OpenFile> {
    await this.#arrive("openFile", path);
    const inode = this.#find(path);
    if (inode.kind !== "file") throw systemError("ENOENT", path);
    const { bytes } = volatileFile(inode);
    return {
      sizeBytes: bytes.byteLength,
      readInto: async (target, offset) => {
        await this.#arrive("read", path);
        const piece = bytes.subarray(offset, offset + target.byteLength);
        target.set(piece);
        return piece.byteLength;
      },
      close: async () => {},
    };
  }

  async entry(path: string): Promise<DiskEntry> {
    await this.#arrive("entry", path);
    const inode = this.#find(path);
    if (inode.kind === "directory") return { sizeBytes: 0, isFile: false, mode: inode.mode, modifiedAtMs: 0 };
    return { sizeBytes: inode.sizeBytes, isFile: true, mode: inode.mode, modifiedAtMs: inode.modifiedAtMs };
  }

  async *names(path: string): AsyncGenerator<string> {
    await this.#arrive("names", path);
    yield* [...this.#directoryAt(path).entries.keys()];
  }

  async link(from: string, to: string): Promise<void> {
    await this.#arrive("link", to);
    const inode = this.#find(from);
    const { directory, name } = this.#parentOf(to);
    if (directory.entries.has(name)) throw systemError("EEXIST", to);
    setNames(directory, [{ name, to: inode }]);
    this.#changed("link", to);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#arrive("rename", to);
    const inode = this.#find(from);
    const [source, target] = [this.#parentOf(from), this.#parentOf(to)];
    const [leaves, comes] = [
      { name: source.name, to: undefined },
      { name: target.name, to: inode },
    ];
    if (source.directory === target.directory) setNames(source.directory, [leaves, comes]);
    else {
      setNames(target.directory, [comes]);
      setNames(source.directory, [leaves]);
    }
    this.#changed("rename", to);
  }

  async removeFile(path: string): Promise<void> {
    await this.#arrive("removeFile", path);
    if (this.#find(path).kind === "directory") throw systemError("EISDIR", path);
    const { directory, name } = this.#parentOf(path);
    setNames(directory, [{ name, to: undefined }]);
    this.#changed("removeFile", path);
  }

  async makeDirectory(path: string, mode: number): Promise<string | undefined> {
    await this.#arrive("makeDirectory", path);
    let directory = this.#root;
    let topmost: string | undefined;
    let at = "";
    for (const name of namesOf(path)) {
      at += `/${name}`;
      let next = directory.entries.get(name);
      if (next?.kind === "file") throw systemError("ENOTDIR", at);
      if (next === undefined) {
        next = { kind: "directory", mode, entries: new Map(), durable: new Map(), pending: [] };
        setNames(directory, [{ name, to: next }]);
        topmost ??= at;
        this.#changed("makeDirectory", at);
      }
      directory = next;
    }
    return topmost;
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#arrive("syncDirectory", path);
    const directory = this.#directoryAt(path);
    if (!this.#ignoresSync("directories")) {
      directory.durable = new Map(directory.entries);
      directory.pending = [];
    }
    this.#changed("syncDirectory", path);
  }

  exact(): DiskImage {
    return imageOf(this.#root, () => "keep");
  }

  strict(): DiskImage {
    return imageOf(this.#root, () => "drop");
  }

  mixture(random: SeededRandom): DiskImage {
    const fates = ["keep", "keep", "drop", "drop", "cut", "garbage"] as const;
    return imageOf(this.#root, () => random.pick(fates), random);
  }

  #newFile(inode: FileInode, path: string): NewFile {
    return {
      append: async (bytes) => {
        await this.#arrive("append", path);
        inode.pending.push({ offset: inode.sizeBytes, bytes: new Uint8Array(bytes), isLost: false });
        inode.sizeBytes += bytes.byteLength;
        inode.settled = undefined;
        this.#changed("append", path);
      },
      setMode: async (mode) => {
        await this.#arrive("setMode", path);
        inode.mode = mode;
        inode.settled = undefined;
        this.#changed("setMode", path);
      },
      sync: async () => {
        try {
          await this.#arrive("sync", path);
        } catch (error) {
          // Linux marks pages clean whose write-back failed: a second sync succeeds and has written nothing.
          for (const write of inode.pending) write.isLost = true;
          throw error;
        }
        if (!this.#ignoresSync("files")) {
          inode.durable = written(inode.durable, inode.pending.filter((write) => !write.isLost)); // prettier-ignore
          inode.durableMode = inode.mode;
          inode.pending = inode.pending.filter((write) => write.isLost);
        }
        this.#changed("sync", path);
      },
      close: () => this.#arrive("close", path),
    };
  }

  /** Lets others go first, as a real disk would, then fails if it is to. */
  async #arrive(verb: DiskVerb, path: string): Promise<void> {
    await Promise.resolve();
    const code = this.#options.fault?.({ verb, path });
    if (code !== undefined) throw systemError(code, path);
  }

  #ignoresSync(of: "files" | "directories"): boolean {
    const { ignoresSync } = this.#options;
    return ignoresSync === "all" || ignoresSync === of;
  }

  #changed(verb: DiskVerb, path: string): void {
    this.#options.onChange?.({ verb, path });
  }

  #find(path: string): Inode {
    let inode: Inode = this.#root;
    for (const name of namesOf(path)) {
      if (inode.kind === "file") throw systemError("ENOTDIR", path);
      const next = inode.entries.get(name);
      if (next === undefined) throw systemError("ENOENT", path);
      inode = next;
    }
    return inode;
  }

  #directoryAt(path: string): DirectoryInode {
    const inode = this.#find(path);
    if (inode.kind === "file") throw systemError("ENOTDIR", path);
    return inode;
  }

  #parentOf(path: string): { directory: DirectoryInode; name: string } {
    return { directory: this.#directoryAt(posix.dirname(path)), name: posix.basename(path) };
  }
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

function setNames(directory: DirectoryInode, names: DirectoryInode["pending"][number]): void {
  applyNames(directory.entries, names);
  directory.pending.push(names);
}

function applyNames(entries: Map<string, Inode>, names: DirectoryInode["pending"][number]): void {
  for (const { name, to } of names) {
    if (to === undefined) entries.delete(name);
    else entries.set(name, to);
  }
}

function directoryFrom(image: ImageDirectory): DirectoryInode {
  const entries = new Map<string, Inode>();
  for (const [name, entry] of image.entries) entries.set(name, entry.kind === "file" ? fileFrom(entry) : directoryFrom(entry)); // prettier-ignore
  return { kind: "directory", mode: image.mode, entries, durable: new Map(entries), pending: [] };
}

function fileFrom(image: ImageFile): FileInode {
  const { bytes, mode, modifiedAtMs } = image;
  const sizeBytes = bytes.byteLength;
  return {
    kind: "file",
    durable: bytes,
    durableMode: mode,
    mode,
    pending: [],
    sizeBytes,
    modifiedAtMs,
    settled: image,
  };
}

/** `bytes` with these writes over them; what lies between is zero. */
function written(bytes: Uint8Array, writes: readonly { offset: number; bytes: Uint8Array }[]): Uint8Array {
  const end = writes.reduce((most, write) => Math.max(most, write.offset + write.bytes.byteLength), bytes.byteLength);
  const whole = concatBytes([bytes, new Uint8Array(end - bytes.byteLength)]);
  for (const write of writes) whole.set(write.bytes, write.offset);
  return whole;
}

function volatileFile(inode: FileInode): ImageFile {
  inode.settled ??= {
    kind: "file",
    bytes: inode.pending.length === 0 ? inode.durable : written(inode.durable, inode.pending),
    mode: inode.mode,
    modifiedAtMs: inode.modifiedAtMs,
  };
  return inode.settled;
}

type Fate = "keep" | "drop" | "cut" | "garbage";

/** @param fate decides over each thing that is pending */
function imageOf(root: DirectoryInode, fate: () => Fate, random?: SeededRandom): DiskImage {
  const files = new Map<FileInode, ImageFile>(); // a file with two names has one fate

  const fileImage = (inode: FileInode): ImageFile => {
    const isSettled = inode.pending.length === 0 && inode.mode === inode.durableMode;
    if (isSettled || random === undefined) {
      if (isSettled || fate() === "keep") return volatileFile(inode);
      return { kind: "file", bytes: inode.durable, mode: inode.durableMode, modifiedAtMs: inode.modifiedAtMs };
    }
    let image = files.get(inode);
    if (image === undefined) {
      const writes = inode.pending.flatMap((write) => survivors(write, fate(), random));
      const mode = fate() === "drop" ? inode.durableMode : inode.mode;
      image = { kind: "file", bytes: written(inode.durable, writes), mode, modifiedAtMs: inode.modifiedAtMs };
      files.set(inode, image);
    }
    return image;
  };

  const directoryImage = (inode: DirectoryInode): ImageDirectory => {
    let names = inode.entries;
    if (inode.pending.length > 0) {
      names = new Map(inode.durable);
      for (const change of inode.pending) if (fate() !== "drop") applyNames(names, change);
    }
    const entries = new Map<string, ImageFile | ImageDirectory>();
    for (const [name, child] of names) entries.set(name, child.kind === "file" ? fileImage(child) : directoryImage(child)); // prettier-ignore
    return { kind: "directory", mode: inode.mode, entries };
  };

  return directoryImage(root);
}

function survivors(
  write: { readonly offset: number; readonly bytes: Uint8Array },
  fate: Fate,
  random: SeededRandom,
): { offset: number; bytes: Uint8Array }[] {
  if (fate === "keep") return [write];
  if (fate === "drop") return [];
  if (fate === "garbage") return [{ offset: write.offset, bytes: random.bytes(write.bytes.byteLength) }];
  const sectors = Math.ceil(write.bytes.byteLength / sectorBytes);
  return [{ offset: write.offset, bytes: write.bytes.subarray(0, random.below(sectors) * sectorBytes) }];
}
