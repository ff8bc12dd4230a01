import { HoldfastError } from "@holdfast/base";
import { storageErrors } from "./errors.ts";
import { describeFile } from "./layout.ts";
import type { ByteRange, FileHandle } from "./storage.ts";

/** The failures that every storage has in common, worded once. `location` is the storage's own. */
export function missingFile(file: FileHandle, location: string, cause?: unknown): HoldfastError {
  return new HoldfastError(storageErrors.missing, `There is no ${describeFile(file)} at ${location}.`, { cause });
}

export function existingFile(file: FileHandle, location: string, cause?: unknown): HoldfastError {
  return new HoldfastError(storageErrors.exists, `${describeFile(file)} is already stored at ${location}.`, { cause });
}

/** `file` ends before the range does. */
export function shortFile(file: FileHandle, location: string, range: ByteRange, sizeBytes?: number): HoldfastError {
  const wanted = `${range.length} bytes from byte ${range.offset}`;
  const found = sizeBytes === undefined ? "" : ` of ${sizeBytes} bytes`;
  return new HoldfastError(
    storageErrors.shortRead,
    `${describeFile(file)}${found} at ${location} ends before ${wanted} do.`,
  );
}
