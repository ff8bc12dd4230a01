/** What the agents' listener serves, all on TLS with the installation's own authority. */
export const agentPaths = {
  /** `POST` an `enrolment`, answered by `enrolled`; the only path that needs no client certificate. */
  enrolment: "/agent/v1/enrolment",
  /** WebSocket of `messageFromAgent` and `messageToAgent`. */
  channel: "/agent/v1/channel",
  /** `POST` of a keeper's sealed answer, `application/octet-stream`; 204 when the reader has it, 404 when nobody waits. */
  relay: (relayId: string) => `/agent/v1/relay/${relayId}`,
  /** A gateway `POST`s a `gatewayGrantRequest`, answered by `gatewayGrant`, or 404 where the token opens nothing. */
  gatewayGrants: "/agent/v1/gateway-grants",
} as const;
