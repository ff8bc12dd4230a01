import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect } from "node:tls";
import { HoldfastError, minuteMs } from "@holdfast/base";
import { connectionFailure } from "../connection-failure.ts";
import { agentErrors } from "../errors.ts";

const handshakeWithinMs = minuteMs / 2;

/**
 * The authority's certificate, found in the chain that the server shows by the fingerprint that came with the token.
 * Nothing is believed or sent on this connection: what follows goes over a second one that trusts only this authority,
 * so whoever merely copies the chain gains nothing.
 *
 * @param fingerprint SHA-256 of the certificate's DER, 64 lower-case hex digits
 * @returns PEM
 * @throws AGENT_FINGERPRINT_MISMATCH, AGENT_SERVER_UNREACHABLE
 */
export async function fetchPinnedAuthority(
  serverUrl: string,
  fingerprint: string,
  signal?: AbortSignal,
): Promise<string> {
  for (let shown = await fetchCertificate(serverUrl, signal); shown !== undefined; shown = issuerOf(shown)) {
    if (shown.fingerprint256.replaceAll(":", "").toLowerCase() === fingerprint) return shown.toString();
  }
  throw new HoldfastError(
    agentErrors.fingerprintMismatch,
    `${serverUrl} does not show the authority with the fingerprint ${fingerprint.slice(0, 16)}….`,
  );
}

/** The server's own certificate, with those that it sent along behind it. */
function fetchCertificate(serverUrl: string, signal?: AbortSignal): Promise<X509Certificate | undefined> {
  const { hostname, port } = new URL(serverUrl);
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(port || 443),
      ...(isIP(host) === 0 && { servername: host }),
      rejectUnauthorized: false, // there is nothing to check against yet; see above
      timeout: handshakeWithinMs,
    });
    const settle = (act: () => void) => {
      signal?.removeEventListener("abort", onAbort);
      socket.destroy();
      act();
    };
    const onAbort = () => settle(() => reject(signal?.reason));
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerX509Certificate();
      settle(() => resolve(certificate));
    });
    socket.once("timeout", () => settle(() => reject(connectionFailure(serverUrl, new Error("handshake timed out")))));
    socket.once("error", (error) => settle(() => reject(connectionFailure(serverUrl, error))));
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** The next certificate of the chain; a root that names itself ends it. */
function issuerOf(certificate: X509Certificate): X509Certificate | undefined {
  const issuer = certificate.issuerCertificate;
  return issuer === undefined || issuer.fingerprint256 === certificate.fingerprint256 ? undefined : issuer;
}
