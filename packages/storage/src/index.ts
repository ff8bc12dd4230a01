export { storageErrors } from "./errors.ts";
export type { Disk, DiskEntry, NewFile, OpenFile } from "./local/disk.ts";
export type { TransferLimits } from "./limited.ts";
export { localStorage, type LocalStorageOptions } from "./local/local-storage.ts";
export { memoryStorage } from "./memory-storage.ts";
export { metered, newStorageCounters, type StorageCounters } from "./metered.ts";
export { openStorage, type OpenStorageOptions } from "./open-storage.ts";
export { restStorage, type RestStorageOptions } from "./rest/rest-storage.ts";
export { retrying, type RetryOptions } from "./retrying.ts";
export {
  fileTypes,
  isFileName,
  type ByteRange,
  type FileBody,
  type FileEntry,
  type FileHandle,
  type FileType,
  type Storage,
  type StorageProperties,
} from "./storage.ts";
export { withoutWriting } from "./without-writing.ts";
