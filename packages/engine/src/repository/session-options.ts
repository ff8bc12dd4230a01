import type { CompressionMode } from "../pack/compression.ts";
import type { Credentials, NewRepository } from "./unlock.ts";

/** What a session may set differently from the defaults, which are right for almost everybody. */
export interface SessionOptions {
  /** Bytes after which a pack is finished; default 16 MiB. */
  readonly packBytesTarget?: number;
  /** Reads back what was encrypted before it is stored; default true. Only a benchmark turns it off. */
  readonly isVerified?: boolean;
  /** How hard chunks are compressed where the format allows it; default "auto". */
  readonly compression?: CompressionMode;
  /** True: everything is done as ever, but the storage is not changed, so nothing that was saved can be read back. */
  readonly isDryRun?: boolean;
}

/** Where this machine keeps copies of small files, so that they are not fetched and decoded every time. */
export interface CacheOptions {
  /** Holds one folder for each repository; restic may use the same one. */
  readonly folder: string;
  /** Whether the index may come from there, too. Not for work that removes or repairs: it reads the files themselves. */
  readonly hasIndex: boolean;
}

export type InitOptions = SessionOptions & Credentials & NewRepository;
export type OpenOptions = SessionOptions &
  Credentials & { readonly signal?: AbortSignal; readonly cache?: CacheOptions };
