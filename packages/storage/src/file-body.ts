import { HoldfastError } from "@holdfast/base";
import { storageErrors } from "./errors.ts";
import type { FileBody } from "./storage.ts";

/** How many bytes `body` is to have. */
export function sizeOfBody(body: Uint8Array | FileBody): number {
  return body instanceof Uint8Array ? body.byteLength : body.sizeBytes;
}

/** The bytes of `body` in order, held to its size. @throws STORAGE_SIZE_MISMATCH at the first byte too many or the end too early */
export async function* piecesOfBody(body: Uint8Array | FileBody): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) {
    yield body;
    return;
  }
  let bytes = 0;
  for await (const piece of body.pieces) {
    bytes += piece.byteLength;
    if (bytes > body.sizeBytes) throw sizeMismatch(body.sizeBytes, "more");
    yield piece;
  }
  if (bytes < body.sizeBytes) throw sizeMismatch(body.sizeBytes, `only ${bytes}`);
}

/**
 * `cause` came from the caller: its body broke off, or its signal was aborted. Wrapped on the way through a storage,
 * because a body that reads a disk or a socket fails with the same system codes as the storage itself.
 */
export class CallerFailure extends Error {}

/** As `piecesOfBody`, failing with CallerFailure. */
export async function* piecesOfCaller(body: Uint8Array | FileBody, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of piecesOfBody(body)) {
      signal?.throwIfAborted();
      yield piece;
    }
    signal?.throwIfAborted();
  } catch (cause) {
    throw new CallerFailure("the caller broke off", { cause });
  }
}

/** Whether `body` can be read a second time: bytes and arrays of pieces can, generators and streams can not. */
export function isRepeatable(body: Uint8Array | FileBody): boolean {
  return body instanceof Uint8Array || Array.isArray(body.pieces);
}

function sizeMismatch(expectedBytes: number, found: string): HoldfastError {
  return new HoldfastError(
    storageErrors.sizeMismatch,
    `A file of ${expectedBytes} bytes was announced, but ${found} came.`,
  );
}
