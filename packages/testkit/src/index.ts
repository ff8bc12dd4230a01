export { testAuthority, type TestAuthority, type TestCertificate } from "./certificates.ts";
export {
  crashDisk,
  type CrashDisk,
  type CrashDiskOptions,
  type DiskOperation,
  type DiskVerb,
} from "./crash/crash-disk.ts";
export {
  emptyImage,
  imageFiles,
  imageFingerprint,
  withoutEmptyDirectories,
  type DiskImage,
  type ImageFile,
} from "./crash/disk-image.ts";
export { loggedStorage, type LoggedStorage } from "./crash/storage-log.ts";
export {
  faultyStorage,
  type Fault,
  type FaultyStorage,
  type Pause,
  type StorageCall,
  type StorageOperation,
} from "./faulty-storage.ts";
export { manualClock, type ManualClock } from "./manual-clock.ts";
export { seededRandom, type SeededRandom } from "./seeded-random.ts";
export { temporaryDirectory } from "./temporary-directory.ts";
export { storageConformance } from "./storage-conformance.ts";
