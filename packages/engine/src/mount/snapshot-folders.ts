import { posix } from "node:path";
import { shortId } from "../id.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { formatGoTime } from "./go-time.ts";

/** Where snapshots are to be found when they are looked at as folders. */
export interface FolderTemplates {
  /** Paths with `%i` short id, `%I` id, `%u` user, `%h` host, `%t` a tag, `%T` time, `%%` a percent sign. */
  readonly paths: readonly string[];
  /** How `%T` is written, as Go writes its reference time. */
  readonly time: string;
}

export const defaultTemplates: FolderTemplates = {
  paths: ["ids/%i", "snapshots/%T", "hosts/%h/%T", "tags/%t/%T"],
  time: "2006-01-02T15:04:05Z07:00",
};

/** A folder that is in no snapshot: it holds more of them, or it is a snapshot. */
export interface SnapshotFolder {
  readonly children: Map<string, SnapshotFolder>;
  snapshot: StoredSnapshot | undefined;
}

/**
 * The folders in which a list of snapshots, oldest first, stands. Where a template ends in the time, equal names get
 * "-1", "-2" …, and "latest" is the newest one.
 */
export function snapshotFolders(snapshots: readonly StoredSnapshot[], templates: FolderTemplates): SnapshotFolder {
  const root = emptyFolder();
  for (const template of templates.paths) folderAt(root, staticPart(template)); // there also when no snapshot is
  for (const snapshot of snapshots) {
    const time = formatGoTime(snapshot.time, templates.time);
    for (const template of templates.paths) {
      const { isTimed, paths } = pathsOf(template, snapshot, time);
      for (const path of paths) {
        place(root, isTimed ? `${path}${time}` : path, snapshot);
        if (isTimed) folderAt(root, `${path}latest`).snapshot = snapshot; // they come oldest first
      }
    }
  }
  return root;
}

function place(root: SnapshotFolder, path: string, snapshot: StoredSnapshot): void {
  for (let number = 0; ; number += 1) {
    const folder = folderAt(root, number === 0 ? path : `${path}-${number}`);
    if (folder.snapshot !== undefined && folder.snapshot !== snapshot) continue;
    folder.snapshot = snapshot;
    return;
  }
}

function folderAt(root: SnapshotFolder, path: string): SnapshotFolder {
  let folder = root;
  // Normalised from the top: what a snapshot says about itself leads to no other place.
  for (const name of posix.normalize(`/${path}`).split("/")) {
    if (name === "") continue;
    const child = folder.children.get(name) ?? emptyFolder();
    folder.children.set(name, child);
    folder = child;
  }
  return folder;
}

function emptyFolder(): SnapshotFolder {
  return { children: new Map(), snapshot: undefined };
}

/** The folders of a template above its first variable. */
function staticPart(template: string): string {
  const at = template.search(/%[iIuhtT]/);
  const above = at < 0 ? "" : template.slice(0, Math.max(0, template.lastIndexOf("/", at)));
  return above.replaceAll(/%(.)/gsu, "$1");
}

/** The paths that a template gives for a snapshot: one for each tag where it names tags. A time at the end is left off. */
function pathsOf(template: string, snapshot: StoredSnapshot, time: string): { isTimed: boolean; paths: string[] } {
  const isTimed = /(?:^|[^%])(?:%%)*%T$/.test(template);
  const pieces = (isTimed ? template.slice(0, -2) : template).matchAll(/%(.)|[^%]+|%$/gsu);
  let paths = [""];
  for (const [piece, letter] of pieces) {
    if (letter === "t") paths = snapshot.tags.flatMap((tag) => paths.map((path) => path + folderName(tag)));
    else {
      const text = letter === undefined ? piece : variable(letter, snapshot, time);
      paths = paths.map((path) => path + text);
    }
  }
  return { isTimed, paths };
}

function variable(letter: string, snapshot: StoredSnapshot, time: string): string {
  const texts: Readonly<Record<string, string>> = {
    i: shortId(snapshot.id),
    I: snapshot.id,
    u: snapshot.username,
    h: snapshot.hostname,
    T: time,
  };
  return texts[letter] ?? letter;
}

/** A tag as one name: those that would be none are underscores. */
function folderName(tag: string): string {
  if (tag === "" || tag === ".") return "_";
  return tag === ".." ? "__" : tag.replaceAll("/", "_");
}
