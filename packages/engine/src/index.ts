export { blobTypes, type BlobPlace, type BlobType } from "./blob.ts";
export type { EngineContext } from "./context.ts";
export { engineErrors } from "./errors.ts";
export {
  idFromBytes,
  idOf,
  isId,
  parseId,
  sha256,
  shortId,
  type BlobId,
  type Id,
  type IndexId,
  type PackId,
  type SnapshotId,
  type TreeId,
} from "./id.ts";
