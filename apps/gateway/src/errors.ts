import type { ErrorCatalogue } from "@holdfast/base";

export const gatewayErrors = {
  badConfig: {
    code: "GATEWAY_BAD_CONFIG",
    kind: "invalid",
    cause: "A setting of the gateway is missing or cannot be used.",
    cure: "Correct the setting that the message names; docs/operate lists them.",
  },
  unsafeListen: {
    code: "GATEWAY_UNSAFE_LISTEN",
    kind: "invalid",
    cause: "The gateway would be reachable from other machines without TLS or without asking for a token.",
    cure: "Give it a certificate and a control plane, or let it listen on 127.0.0.1.",
  },
  portTaken: {
    code: "GATEWAY_PORT_TAKEN",
    kind: "conflict",
    cause: "Another program listens on the gateway's port.",
    cure: "Stop that program, or choose another port with HOLDFAST_GATEWAY_LISTEN or `--listen`.",
  },
  cannotListen: {
    code: "GATEWAY_CANNOT_LISTEN",
    kind: "invalid",
    cause: "The gateway's address is not one of this machine, or its port needs more rights.",
    cure: "Correct the address that the message names.",
  },
  unauthorised: {
    code: "GATEWAY_UNAUTHORISED",
    kind: "denied",
    cause: "No token was sent, or one that opens nothing here.",
    cure: "Check the token and the repository's name in the address.",
  },
  notAllowed: {
    code: "GATEWAY_NOT_ALLOWED",
    kind: "denied",
    cause: "The token opens the repository but does not allow this, such as a removal with an append-only token.",
    cure: "Let a keeper do it; devices only add.",
  },
  grantsAway: {
    code: "GATEWAY_GRANTS_AWAY",
    kind: "unavailable",
    cause: "The control plane, which knows what tokens may do, does not answer.",
    cure: "Start the server, or check the gateway's way to it; tokens seen in the last hour keep working.",
  },
  wrongHash: {
    code: "GATEWAY_WRONG_HASH",
    kind: "invalid",
    cause: "The SHA-256 of an upload is not its name: it was altered on its way, or made up.",
    cure: "restic and Holdfast send it again; if it repeats, suspect the sending machine's memory.",
  },
  noLength: {
    code: "GATEWAY_NO_LENGTH",
    kind: "invalid",
    cause: "An upload did not say how long it is.",
    cure: "Take the proxy away that removes Content-Length.",
  },
  tooSlow: {
    code: "GATEWAY_TOO_SLOW",
    kind: "unavailable",
    cause: "An upload came slower than 2 KiB a second.",
    cure: "Check the network of the sending machine.",
  },
  quotaUsedUp: {
    code: "GATEWAY_QUOTA_USED_UP",
    kind: "unavailable",
    cause: "The repository has reached the size that it may have.",
    cure: "Raise the quota, or let a keeper forget and prune.",
  },
} as const satisfies ErrorCatalogue;
