import type { CallOutput } from "@holdfast/client";

type Made = Pick<CallOutput<"createEnrolmentToken">, "serverUrl" | "caFingerprint" | "token">;

/**
 * One line for the device's shell. The token travels in the environment, where other users of the machine cannot see
 * it, and not in the arguments, where they can.
 */
export function enrolCommand({ serverUrl, caFingerprint, token }: Made): string {
  return [
    `HOLDFAST_ENROLMENT_TOKEN=${quoted(token)}`,
    "holdfast agent",
    `--server ${quoted(serverUrl)}`,
    `--ca-fingerprint ${quoted(caFingerprint)}`,
  ].join(" ");
}

/** True when only the server's own machine reaches this address. */
export function isLoopbackUrl(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** A word of a POSIX shell, whatever is in it. */
function quoted(value: string): string {
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
