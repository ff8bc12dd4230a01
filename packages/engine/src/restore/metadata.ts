import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  openSync,
} from "node:fs";
import { systemCodeOf } from "@holdfast/base";
import { readAttributes, writeAttributes } from "../filesystem/extended-attributes.ts";
import { native } from "../filesystem/native.ts";
import { nodeTypeOf } from "../filesystem/describe-file.ts";
import { permissionsOf } from "../tree/mode.ts";
import type { NodeType, TreeNode } from "../tree/node.ts";
import type { AttributeSelection } from "./attribute-selection.ts";

/** What is restored of an entry besides its content, as it can be sent to another thread. */
export interface EntryMetadata {
  readonly type: NodeType;
  /** The twelve bits of chmod. */
  readonly permissions: number;
  readonly uid: number;
  readonly gid: number;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  /** Names and values, bytes in latin1. */
  readonly attributes: readonly (readonly [name: string, value: string])[];
}

/** Who owns what is restored: the numbers in the snapshot, or what this machine calls the same names. */
export type OwnerOf = (node: TreeNode) => { readonly uid: number; readonly gid: number };

export function metadataOf(node: TreeNode, ownerOf: OwnerOf): EntryMetadata {
  const { uid, gid } = ownerOf(node);
  return {
    type: node.type,
    permissions: permissionsOf(node.mode),
    uid,
    gid,
    atimeNs: node.atime.ns,
    mtimeNs: node.mtime.ns,
    attributes: node.extendedAttributes.map(({ name, value }) => [name.toString("latin1"), value.toString("latin1")]),
  };
}

/** What a restore by an ordinary user cannot set, as the system allows it to root alone. */
export interface WithheldMetadata {
  /** Entries that belong to whoever restored instead of their owner. */
  owners: number;
  /** Entries that lack extended attributes. */
  attributes: number;
}

/** What a directory gives to every new file in it, learned from the first one. */
export interface NewFileHabits {
  readonly uid: number;
  readonly gid: number;
  /** A default ACL for one. */
  readonly hasAttributes: boolean;
}

/** How to reach one entry for each kind of change, without following a symlink that may have taken its place. */
interface Reach {
  readonly path: Buffer;
  chown(uid: number, gid: number): void;
  chmod(mode: number): void;
  owner(): { uid: number; gid: number };
  setTimes(atimeNs: bigint, mtimeNs: bigint): void;
  /** False when it surely has no extended attributes yet. */
  readonly mayHaveAttributes: boolean;
}

const isRoot = process.geteuid?.() === 0;

/** Writes metadata, and counts what it may not write. */
export class MetadataWriter {
  readonly withheld: WithheldMetadata = { owners: 0, attributes: 0 };
  readonly #attributes: AttributeSelection;

  constructor(attributes: AttributeSelection) {
    this.#attributes = attributes;
  }

  /**
   * A file that was made just now and is open for writing.
   * @param path leads to it, for what cannot be changed by its handle
   */
  writeToNewFile(fd: number, path: Buffer, metadata: EntryMetadata, habits: NewFileHabits): void {
    const owner = { uid: habits.uid, gid: habits.gid };
    const chown = (uid: number, gid: number) => {
      fchownSync(fd, uid, gid);
      [owner.uid, owner.gid] = [uid, gid];
    };
    const mayHaveAttributes = habits.hasAttributes;
    this.#write({ ...reachByHandle(fd), path, chown, owner: () => owner, mayHaveAttributes }, metadata);
  }

  /** A directory that is held open; `selfPath` leads into it. */
  writeToDirectory(selfPath: Buffer, metadata: EntryMetadata): void {
    const fd = openSync(selfPath, constants.O_RDONLY | constants.O_DIRECTORY | openPlace);
    try {
      this.#write({ path: selfPath, ...reachByPlace(fd, selfPath) }, metadata);
    } finally {
      closeSync(fd);
    }
  }

  /** Anything by its path. @throws when something else than the metadata says is there now */
  writeToEntry(path: Buffer, metadata: EntryMetadata): void {
    if (metadata.type === "symlink") {
      const chown = (uid: number, gid: number) => lchownSync(path, uid, gid);
      const setTimes = (atimeNs: bigint, mtimeNs: bigint) => writeTimes(path, atimeNs, mtimeNs);
      // A symlink has no mode of its own, and its owner gives nobody any right.
      const reach = { path, chown, chmod: () => {}, owner: () => metadata, setTimes, mayHaveAttributes: true };
      return this.#write(reach, metadata);
    }
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | openPlace);
    try {
      if (nodeTypeOf(fstatSync(fd, { bigint: true })) !== metadata.type) {
        throw Object.assign(new Error("EEXIST: it was replaced while it was restored"), { code: "EEXIST" });
      }
      this.#write({ path, ...reachByPlace(fd, path) }, metadata);
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Owner, attributes, times, then mode: changing the owner takes setuid away, a read-only file takes no attributes, and
   * nothing after the times changes them. All are tried, whatever fails.
   * @throws the system's first error; for an ordinary user not the ones that are root's privilege, which are counted
   */
  #write(reach: Reach, metadata: EntryMetadata): void {
    const failures: unknown[] = [];
    const attempt = (change: () => void, counted?: keyof WithheldMetadata) => {
      try {
        change();
      } catch (error) {
        const code = systemCodeOf(error);
        if (!isRoot && counted !== undefined && (code === "EPERM" || code === "EACCES")) this.withheld[counted] += 1;
        else failures.push(error);
      }
    };
    attempt(() => chownIfNeeded(reach, metadata), "owners");
    if (reach.mayHaveAttributes || metadata.attributes.length > 0)
      attempt(() => this.#writeAttributes(reach.path, metadata), "attributes");
    attempt(() => reach.setTimes(metadata.atimeNs, metadata.mtimeNs));
    attempt(() => reach.chmod(modeFor(metadata, reach.owner())));
    if (failures.length > 0) throw failures[0];
  }

  #writeAttributes(path: Buffer, { attributes }: EntryMetadata): void {
    const wanted = attributes
      .filter(([name]) => this.#attributes.selects(name))
      .map(([name, value]) => ({ name: Buffer.from(name, "latin1"), value: Buffer.from(value, "latin1") }));
    writeAttributes(path, wanted, (name) => this.#attributes.selects(name));
  }
}

/** What a file that was just made in a directory shows about those that follow. */
export function habitsFrom(fd: number, path: Buffer): NewFileHabits {
  const { uid, gid } = fstatSync(fd);
  let hasAttributes = true;
  try {
    hasAttributes = readAttributes(path).length > 0;
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error; // then each file finds out by itself
  }
  return { uid, gid, hasAttributes };
}

// Linux: a handle that names a place without opening what is there, which a device must not be.
const openPlace = process.platform === "linux" ? 0o10000000 : 0;

function reachByHandle(fd: number): Omit<Reach, "path"> {
  return {
    chown: (uid, gid) => fchownSync(fd, uid, gid),
    chmod: (mode) => fchmodSync(fd, mode),
    owner: () => fstatSync(fd),
    setTimes: (atimeNs, mtimeNs) => {
      if (native !== undefined) native.setTimesOf(fd, atimeNs, mtimeNs);
      else futimesSync(fd, dateOf(atimeNs), dateOf(mtimeNs));
    },
    mayHaveAttributes: true,
  };
}

function reachByPlace(fd: number, path: Buffer): Omit<Reach, "path"> {
  const setTimes = (atimeNs: bigint, mtimeNs: bigint) => writeTimes(path, atimeNs, mtimeNs);
  if (openPlace === 0) return { ...reachByHandle(fd), setTimes };
  // Such a handle takes no changes itself, but /proc leads from it to the very thing; without /proc the path must do.
  const through = Buffer.from(`/proc/self/fd/${fd}`);
  const changing = (change: (target: Buffer) => void) => {
    try {
      change(through);
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT") throw error;
      change(path);
    }
  };
  return {
    chown: (uid, gid) => changing((target) => chownSync(target, uid, gid)),
    chmod: (mode) => changing((target) => chmodSync(target, mode)),
    owner: () => fstatSync(fd),
    setTimes,
    mayHaveAttributes: true,
  };
}

function chownIfNeeded(reach: Reach, metadata: EntryMetadata): void {
  if (metadata.type !== "symlink") {
    const { uid, gid } = reach.owner();
    if (uid === metadata.uid && gid === metadata.gid) return;
  }
  reach.chown(metadata.uid, metadata.gid);
}

/** Setuid and setgid only for the owner and group that they were meant for. */
function modeFor(metadata: EntryMetadata, owner: { uid: number; gid: number }): number {
  let mode = metadata.permissions;
  if (owner.uid !== metadata.uid) mode &= ~0o4000;
  if (owner.gid !== metadata.gid && metadata.type !== "dir") mode &= ~0o2000;
  return mode;
}

function writeTimes(path: Buffer, atimeNs: bigint, mtimeNs: bigint): void {
  if (native !== undefined) native.setTimes(path, atimeNs, mtimeNs);
  // Dates, because node:fs takes a negative number for "now".
  else lutimesSync(path, dateOf(atimeNs), dateOf(mtimeNs));
}

function dateOf(ns: bigint): Date {
  return new Date(Number(ns / 1_000_000n));
}
