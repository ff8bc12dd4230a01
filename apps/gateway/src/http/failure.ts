import type { ServerResponse } from "node:http";
import { HoldfastError, type ErrorKind } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import { gatewayErrors } from "../errors.ts";
import { answer } from "./exchange.ts";

/** restic takes 401, 403, 404, 416 and 507 for final and repeats everything else. */
const statusOfKind: Record<ErrorKind, number> = {
  missing: 404,
  invalid: 400,
  conflict: 403,
  denied: 403,
  unavailable: 503,
  damaged: 500,
};

const statusOfCode: Readonly<Record<string, number>> = {
  [gatewayErrors.unauthorised.code]: 401,
  [gatewayErrors.tooSlow.code]: 408,
  [gatewayErrors.noLength.code]: 411,
  [gatewayErrors.quotaUsedUp.code]: 507,
  [storageErrors.full.code]: 507,
  // The gateway's own storage refusing the gateway is not the client's fault.
  [storageErrors.denied.code]: 503,
};

const headersOfStatus: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { "WWW-Authenticate": 'Basic realm="Holdfast gateway", charset="UTF-8"' },
};

export function statusOf(error: unknown): number {
  return error instanceof HoldfastError ? (statusOfCode[error.code] ?? statusOfKind[error.kind]) : 500;
}

/**
 * Answers with what went wrong: the status and the code, never the message, which may name paths of this machine.
 * Where the answer has begun, all that is left is to break it off, so that the client sees that it is not whole.
 */
export function answerFailure(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = statusOf(error);
  answer(response, status, headersOfStatus[status], `${error instanceof HoldfastError ? error.code : "INTERNAL"}\n`);
}
