import { HoldfastError, messageOf, type ErrorKind, type Log } from "@holdfast/base";
import type { Problem } from "@holdfast/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import { serverErrors } from "../errors.ts";

/** The one table from what went wrong to what HTTP calls it; packages/client reads it backwards. */
const statusOfKind: Record<ErrorKind, number> = {
  invalid: 400,
  denied: 403,
  missing: 404,
  conflict: 409,
  damaged: 422,
  unavailable: 503,
};

/** Codes for which HTTP has a word of its own. */
const statusOfCode: Readonly<Record<string, number>> = {
  [serverErrors.signInNeeded.code]: 401,
  [serverErrors.signInRefused.code]: 401,
  [serverErrors.identityRefused.code]: 401,
  [serverErrors.requestTooLarge.code]: 413,
  [serverErrors.tooManyRequests.code]: 429,
  [serverErrors.failed.code]: 500,
  [serverErrors.relayTimeout.code]: 504,
};

/** Answers with what went wrong. What we did not expect gives no detail away, only the id to look for in the log. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const failure = expected(error);
  const status = statusOfCode[failure.code] ?? statusOfKind[failure.kind];
  if (status >= 500) {
    const cause = error === failure ? failure.internal : messageOf(error);
    const stack = error instanceof Error ? error.stack : undefined;
    log.error("a request failed", { requestId: request.id, code: failure.code, because: cause, stack });
  }
  const { code, message, cure } = failure;
  const problem: Problem = { code, message, cure, requestId: request.id };
  return reply.code(status).header("cache-control", "no-store").send(problem);
}

/** Anything thrown as an expected failure: ours as it is, fastify's own refusals by their meaning, the rest as 500. */
function expected(error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const status = statusCodeOf(error);
  if (status === 413) return new HoldfastError(serverErrors.requestTooLarge, "The request is too large.");
  if (status === 429) return new HoldfastError(serverErrors.tooManyRequests, "Too many requests from this address.");
  if (status === 404) return new HoldfastError(serverErrors.notFound, "There is nothing at this address.");
  if (status !== undefined && status >= 400 && status < 500)
    return new HoldfastError(serverErrors.requestInvalid, `The request cannot be read: ${messageOf(error)}`);
  return new HoldfastError(serverErrors.failed, "The server met an error of its own.");
}

function statusCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  return typeof error.statusCode === "number" ? error.statusCode : undefined;
}
