import rateLimit from "@fastify/rate-limit";
import { HoldfastError, minuteMs } from "@holdfast/base";
import { agentPaths, entityId, enrolled, enrolment, gatewayGrant, gatewayGrantRequest } from "@holdfast/contract";
import type { FastifyInstance } from "fastify";
import { enrol } from "../app/enrolment.ts";
import { grantGateway } from "../app/gateway-grants.ts";
import type { RelayDesk } from "../app/relay.ts";
import type { Services } from "../app/services.ts";
import { authenticate } from "../authz/authenticate-party.ts";
import { serverErrors } from "../errors.ts";
import { newApp } from "./app-base.ts";
import type { BoundServer } from "./bound-server.ts";
import { parsePart } from "./parse.ts";
import { sendProblem } from "./problems.ts";

const enrolmentsPerMinuteMax = 120;

/** What agents, keepers and gateways ask over HTTP. Everything but the enrolment needs a client certificate. */
export async function agentApp(bound: BoundServer, services: Services, relay: RelayDesk): Promise<FastifyInstance> {
  const app = newApp(bound, services);
  await app.register(rateLimit, { global: false });
  app.addContentTypeParser("application/octet-stream", (_request, _payload, done) => done(null)); // streamed, see below

  const limit = { config: { rateLimit: { max: enrolmentsPerMinuteMax, timeWindow: minuteMs } } };
  app.post(agentPaths.enrolment, limit, async (request) =>
    enrolled.parse(await enrol(services, parsePart(enrolment, request.body, "enrolment"))),
  );

  app.post(agentPaths.gatewayGrants, async (request) => {
    const party = await authenticate(services, request.raw);
    const asked = parsePart(gatewayGrantRequest, request.body, "request");
    return gatewayGrant.parse(await grantGateway(services, party, asked));
  });

  app.post<{ Params: { relayId: string } }>(agentPaths.relay(":relayId"), async (request, reply) => {
    const party = await authenticate(services, request.raw);
    const relayId = parsePart(entityId, request.params.relayId, "address");
    const { socket } = request.raw; // a request that was broken off no longer knows it
    if (await relay.deliver(party, relayId, request.raw)) return reply.code(204).send();
    reply.hijack();
    socket.destroy();
  });

  app.setNotFoundHandler((request, reply) => {
    const missing = new HoldfastError(serverErrors.notFound, "There is nothing at this address.");
    return sendProblem(missing, request, reply, services.log);
  });
  await app.ready();
  return app;
}
