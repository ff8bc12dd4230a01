import { HoldfastError, messageOf, secondMs, systemCodeOf, type ErrorEntry } from "@holdfast/base";
import { storageErrors } from "../errors.ts";
import { CallerFailure } from "../file-body.ts";
import { StalledError } from "./http-exchange.ts";

/** What a socket, TLS or a stalled request means for a storage. What the caller did itself is passed on as it is. */
export function exchangeFailure(error: unknown, location: string): unknown {
  if (error instanceof CallerFailure) return error.cause;
  if (error instanceof StalledError) return failure(storageErrors.unreachable, `${location} stopped answering.`, error);
  const code = systemCodeOf(error);
  if (code === undefined) return error;
  if (/^(HPE_|ERR_SSL_|EPROTO)/.test(code)) {
    return failure(storageErrors.badAnswer, `What answers at ${location} speaks another protocol (${code}).`, error);
  }
  if (isDistrust(code)) {
    return failure(storageErrors.untrusted, `The certificate at ${location} is not trusted (${code}).`, error);
  }
  const reason = reasonOfCode[code] ?? `the connection failed (${code})`;
  return failure(storageErrors.unreachable, `Could not reach ${location}: ${reason}.`, error);
}

/** OpenSSL's verdicts on a certificate, and Node's on its names. */
function isDistrust(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_|ISSUER|^ERR_TLS_/.test(code);
}

const reasonOfCode: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection broke off",
  EPIPE: "the connection broke off",
  ETIMEDOUT: "the connection timed out",
  ENOTFOUND: "its name is not known",
  EAI_AGAIN: "its name cannot be looked up now",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no network",
};

const entryOfStatus: Readonly<Record<number, ErrorEntry>> = {
  400: storageErrors.damagedUpload,
  401: storageErrors.denied,
  403: storageErrors.denied,
  404: storageErrors.missing,
  408: storageErrors.unreachable,
  413: storageErrors.denied,
  416: storageErrors.shortRead,
  425: storageErrors.unreachable,
  429: storageErrors.unreachable,
  507: storageErrors.full,
};

/**
 * What an unsuccessful answer means.
 * @param doing "write pack 3f2a…"
 * @param text the start of the answer's body: somebody else's words, for our log only
 */
export function answerFailure(status: number, doing: string, location: string, text: string): HoldfastError {
  const entry = entryOfStatus[status] ?? (status >= 500 ? storageErrors.unreachable : storageErrors.badAnswer);
  const meaning = meaningOfStatus[status] ?? (status >= 300 && status < 400 ? "redirects elsewhere" : "");
  const answer = `${location} answers ${status}${meaning === "" ? "" : ` (${meaning})`}`;
  return new HoldfastError(entry, `Could not ${doing}: ${answer}.`, { internal: JSON.stringify(text) });
}

const meaningOfStatus: Readonly<Record<number, string>> = {
  400: "the upload arrived damaged",
  401: "wrong token or password",
  403: "not allowed",
  404: "not there",
  405: "it is no repository server",
  413: "a proxy refuses files of this size",
  429: "too many requests",
  503: "not ready",
  507: "disk or quota full",
};

export function badAnswer(doing: string, location: string, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError(storageErrors.badAnswer, `Could not ${doing}: ${location} ${why}.`, { cause });
}

function failure(entry: ErrorEntry, message: string, cause: unknown): HoldfastError {
  return new HoldfastError(entry, message, { internal: messageOf(cause), cause });
}

/** restic waits 5 minutes; a gateway syncs a pack to disk in far less than two. */
export const stalledMsDefault = 120 * secondMs;
