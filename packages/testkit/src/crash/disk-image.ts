import { createHash } from "node:crypto";

/** A file as it lies on a disk that has no power. Never changed; images of one disk share them. */
export interface ImageFile {
  readonly kind: "file";
  readonly bytes: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
  readonly modifiedAtMs: number;
}

export interface ImageDirectory {
  readonly kind: "directory";
  readonly mode: number;
  readonly entries: ReadonlyMap<string, ImageFile | ImageDirectory>;
}

/** What a disk holds when it comes up again: its root directory. */
export type DiskImage = ImageDirectory;

export const emptyImage: DiskImage = { kind: "directory", mode: 0o755, entries: new Map() };

/** Every file of an image with its path, in the order of names. */
export function* imageFiles(directory: ImageDirectory, above = ""): Generator<{ path: string; file: ImageFile }> {
  for (const name of [...directory.entries.keys()].sort()) {
    const entry = directory.entries.get(name)!;
    const path = `${above}/${name}`;
    if (entry.kind === "file") yield { path, file: entry };
    else yield* imageFiles(entry, path);
  }
}

const hashes = new WeakMap<Uint8Array, string>();

/**
 * A text that is the same for images that a reader cannot tell apart.
 * @param counts which files and directories a reader looks at; what lies in a directory counts by itself. Default all
 */
export function imageFingerprint(directory: ImageDirectory, counts: (path: string) => boolean = () => true): string {
  const parts: string[] = [];
  const walk = (entries: ImageDirectory["entries"], above: string) => {
    for (const [name, entry] of entries) {
      const path = `${above}/${name}`;
      if (counts(path)) parts.push(entry.kind === "file" ? `${path} ${hashOf(entry.bytes)} ${entry.mode}` : path);
      if (entry.kind === "directory") walk(entry.entries, path);
    }
  };
  walk(directory.entries, "");
  return parts.sort().join("\n");
}

function hashOf(bytes: Uint8Array): string {
  let hash = hashes.get(bytes);
  if (hash === undefined) {
    hash = createHash("sha256").update(bytes).digest("base64");
    hashes.set(bytes, hash);
  }
  return hash;
}

/** The image without the empty directories that `leaves` says may go; copies made by some tools lack all of them. */
export function withoutEmptyDirectories(image: DiskImage, leaves: (path: string) => boolean): DiskImage {
  const strip = (directory: ImageDirectory, above: string): ImageDirectory => {
    const entries = new Map<string, ImageFile | ImageDirectory>();
    for (const [name, entry] of directory.entries) {
      const path = `${above}/${name}`;
      if (entry.kind === "file") entries.set(name, entry);
      else if (entry.entries.size > 0 || !leaves(path)) entries.set(name, strip(entry, path));
    }
    return { ...directory, entries };
  };
  return strip(image, "");
}
