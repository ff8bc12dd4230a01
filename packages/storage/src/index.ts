export { storageErrors } from "./errors.ts";
export { memoryStorage } from "./memory-storage.ts";
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
