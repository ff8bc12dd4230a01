import type { CallOutput } from "@holdfast/client";

/**
 * One line for the device's shell. The token travels in the environment, where other users of the machine cannot see
 * it, and not in the arguments, where they can.
 */
export function enrolCommand(
  made: Pick<CallOutput<"createEnrolmentToken">, "serverUrl" | "caFingerprint" | "token">,
): string {
  const settings = [
    ["HOLDFAST_SERVER_URL", made.serverUrl],
    ["HOLDFAST_CA_FINGERPRINT", made.caFingerprint],
    ["HOLDFAST_ENROLMENT_TOKEN", made.token],
  ] as const;
  return [...settings.map(([name, value]) => `${name}=${quoted(value)}`), "holdfast agent"].join(" ");
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
