/** What a caller may act on. A new kind does not compile until `retryable` below decides it. */
export type ErrorKind =
  | "missing" // the thing asked for is not there
  | "invalid" // the request or the input is wrong; asking again will not help
  | "conflict" // somebody else holds it or changed it first
  | "denied" // not allowed
  | "unavailable" // not reachable or out of space now; may work later
  | "damaged"; // stored bytes are not what was written

const retryable: Record<ErrorKind, boolean> = {
  missing: false,
  invalid: false,
  conflict: false,
  denied: false,
  unavailable: true,
  damaged: false,
};

/**
 * One row of docs/errors.md. Entries live in an `errors.ts` beside the code that throws them, so the
 * documentation is generated from what can really happen.
 */
export interface ErrorEntry {
  /** Stable for ever; upper case with the area first, as in `STORAGE_FULL`. */
  readonly code: string;
  readonly kind: ErrorKind;
  /** What usually brings a person here, one sentence. */
  readonly cause: string;
  /** What that person does now, one sentence. */
  readonly cure: string;
}

/** The entries of one package, by a short name: `storageErrors.full`. */
export type ErrorCatalogue = Readonly<Record<string, ErrorEntry>>;

/**
 * A failure we expect. Callers act on `kind`, people look up `code`.
 * `message` may be shown to a client; `internal` only reaches our own log. Our own bugs are `assert`, not this.
 */
export class HoldfastError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly cure: string;
  readonly internal: string;

  constructor(entry: ErrorEntry, message: string, options: { internal?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "HoldfastError";
    this.code = entry.code;
    this.kind = entry.kind;
    this.cure = entry.cure;
    this.internal = options.internal ?? "";
  }

  get retryable(): boolean {
    return retryable[this.kind];
  }
}

/** True when `error` is the expected failure `entry`; narrows for the handler that knows what to do about it. */
export function isFailure(error: unknown, entry: ErrorEntry): error is HoldfastError {
  return error instanceof HoldfastError && error.code === entry.code;
}

/** The text of anything thrown, for a log line or a wrapping message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node.js system error such as ENOENT, or undefined. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
