import { hash } from "node:crypto";
import { HoldfastError, toHex } from "@holdfast/base";
import { engineErrors } from "./errors.ts";

/**
 * The SHA-256 that names a file or blob of a repository: 64 lower-case hex digits.
 * The other names say what it names; they are one type because the same bytes may be looked up as either.
 */
export type Id = string & { readonly brand: "Id" };
export type BlobId = Id;
export type TreeId = Id;
export type PackId = Id;
export type SnapshotId = Id;
export type IndexId = Id;

const idPattern = /^[0-9a-f]{64}$/;

export function isId(text: unknown): text is Id {
  return typeof text === "string" && idPattern.test(text);
}

/** @throws ENGINE_BAD_ID unless `text` is 64 lower-case hex digits */
export function parseId(text: string): Id {
  if (!isId(text)) throw new HoldfastError(engineErrors.badId, `"${text.slice(0, 80)}" is not an id of 64 hex digits.`);
  return text;
}

/** The 32 bytes of SHA-256 over `bytes`. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}

/** The id that `bytes` get when they are stored. */
export function idOf(bytes: Uint8Array): Id {
  return hash("sha256", bytes, "hex") as Id;
}

/** The id whose 32 raw bytes these are. */
export function idFromBytes(bytes: Uint8Array): Id {
  return toHex(bytes) as Id;
}

/** As people read and type it: the first eight digits, as restic prints them. */
export function shortId(id: Id): string {
  return id.slice(0, 8);
}
