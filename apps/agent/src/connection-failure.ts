import { HoldfastError, messageOf, systemCodeOf } from "@holdfast/base";
import { agentErrors } from "./errors.ts";

/** What OpenSSL and Node.js call a certificate that does not hold. @see Node.js documentation, TLS "X509 certificate error codes" */
const certificateCodes = new Set([
  "CERT_CHAIN_TOO_LONG",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REJECTED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Names what went wrong on the way to the server; a HoldfastError stays what it is. */
export function connectionFailure(serverUrl: string, error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const code = systemCodeOf(error) ?? "";
  const options = { internal: messageOf(error), cause: error };
  return certificateCodes.has(code)
    ? new HoldfastError(
        agentErrors.serverUntrusted,
        `The certificate of ${serverUrl} does not hold (${code}).`,
        options,
      )
    : new HoldfastError(
        agentErrors.serverUnreachable,
        `${serverUrl} did not answer (${code || "no answer"}).`,
        options,
      );
}
