import type { ErrorCatalogue } from "@holdfast/base";

export const consoleErrors = {
  signInRefused: {
    code: "CONSOLE_SIGN_IN_REFUSED",
    kind: "denied",
    cause: "The e-mail address and the password do not belong together, or no password was set for this address.",
    cure: "Check both; or ask for a one-time link with `holdfast admin sign-in-link` on the server.",
  },
  tooManyAttempts: {
    code: "CONSOLE_TOO_MANY_ATTEMPTS",
    kind: "unavailable",
    cause: "There were too many attempts to sign in from this address in a short time.",
    cure: "Wait a minute, then try again.",
  },
  signInUnavailable: {
    code: "CONSOLE_SIGN_IN_UNAVAILABLE",
    kind: "unavailable",
    cause: "The server did not answer the sign-in, or failed at it.",
    cure: "Check that the server runs, then try again.",
  },
  insecureContext: {
    code: "CONSOLE_INSECURE_CONTEXT",
    kind: "unavailable",
    cause: "The console was opened over plain HTTP from another machine, where browsers give no cryptography to pages.",
    cure: "Open it over HTTPS, or on the server's own machine as http://127.0.0.1.",
  },
  badListing: {
    code: "CONSOLE_BAD_LISTING",
    kind: "damaged",
    cause: "The keeper's list of a folder could not be understood.",
    cure: "Update the keeper or the server, so that both are of the same version; restic opens the snapshot meanwhile.",
  },
} as const satisfies ErrorCatalogue;
