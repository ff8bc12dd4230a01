import { HoldfastError, assert } from "@holdfast/base";
import { api, permissions, type OperationName, type Route } from "@holdfast/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { evaluateAccess, type Caller } from "../authz/caller.ts";
import { serverErrors } from "../errors.ts";
import type { Operations } from "./operations.ts";
import { parsePart } from "./parse.ts";

export const apiPrefix = "/api/v1";

/**
 * Registers every operation of the contract: permission first, then the shapes of its parts, then its answer's shape,
 * so that nothing leaves the server that the contract does not name. An operation without a permission or without
 * somebody who answers it is a mistake of ours, and the server does not start.
 *
 * @param callerOf who asks
 */
export function registerApi(
  app: FastifyInstance,
  operations: Operations,
  callerOf: (request: FastifyRequest) => Promise<Caller>,
): void {
  for (const [name, route] of Object.entries(api) as [OperationName, Route][]) {
    assert(permissions.includes(route.permission), `the operation ${name} has no permission`);
    const answer = operations[name] as ((call: unknown) => Promise<unknown>) | undefined;
    assert(answer !== undefined, `nobody answers the operation ${name}`);
    app.route({
      method: route.method,
      url: apiPrefix + route.path,
      handler: async (request, reply) => {
        const caller = await callerOf(request);
        refuseUnlessAllowed(caller, route);
        const value = await answer({ caller, ...partsOf(route, request), request, reply });
        return sendAnswer(reply, route, value);
      },
    });
  }
}

function refuseUnlessAllowed(caller: Caller, route: Route): void {
  switch (evaluateAccess(caller, route.permission)) {
    case "allowed":
      return;
    case "sign-in-needed":
      throw new HoldfastError(serverErrors.signInNeeded, "You are not signed in.");
    case "not-allowed":
      throw new HoldfastError(serverErrors.notAllowed, "Your role does not include this.");
  }
}

function partsOf(route: Route, request: FastifyRequest) {
  return {
    params: route.params === undefined ? undefined : parsePart(route.params, request.params, "address"),
    query: route.query === undefined ? undefined : parsePart(route.query, request.query, "query"),
    body: route.body === undefined ? undefined : parsePart(route.body, request.body, "body"),
  };
}

function sendAnswer(reply: FastifyReply, route: Route, value: unknown): FastifyReply | undefined {
  if (route.answer === "events" || route.answer === "sealed-stream") return reply;
  reply.header("cache-control", "no-store");
  if (route.answer === "nothing") return reply.code(204).send();
  return reply.send(route.answer.parse(value));
}
