import type { ErrorCatalogue } from "@holdfast/base";

export const clientErrors = {
  unreachable: {
    code: "API_UNREACHABLE",
    kind: "unavailable",
    cause: "The server did not answer.",
    cure: "Check that the server runs and that its address is right.",
  },
  badAnswer: {
    code: "API_BAD_ANSWER",
    kind: "unavailable",
    cause: "What answered is not a Holdfast server of this version.",
    cure: "Check the address; when it is right, update this program or the server.",
  },
  relayBroken: {
    code: "RELAY_BROKEN",
    kind: "damaged",
    cause: "An answer sealed by the keeper was cut off or altered on its way.",
    cure: "Ask again; if it keeps happening, look at the keeper's log and the proxies in between.",
  },
} as const satisfies ErrorCatalogue;
