import { HoldfastError, toHex } from "@holdfast/base";
import { fastify, type FastifyInstance } from "fastify";
import type { Services } from "../app/services.ts";
import { serverErrors } from "../errors.ts";
import type { BoundServer } from "./bound-server.ts";
import { parseForeignJson } from "./parse.ts";
import { sendProblem } from "./problems.ts";

const bodyBytesMax = 1024 * 1024;

/** What both listeners have in common: bodies are JSON and small, every failure is a problem with a request id. */
export function newApp(bound: BoundServer, services: Pick<Services, "random" | "log">): FastifyInstance {
  const { random, log } = services;
  const app: FastifyInstance = fastify({
    serverFactory: (handler) => {
      bound.serveWith(handler);
      return bound.server as ReturnType<NonNullable<Parameters<typeof fastify>[0]>["serverFactory"] & {}>;
    },
    bodyLimit: bodyBytesMax,
    logger: false,
    genReqId: () => toHex(random.bytes(8)),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, parseForeignJson(String(body)));
    } catch {
      done(new HoldfastError(serverErrors.requestInvalid, "The body is not JSON."));
    }
  });
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, log));
  return app;
}
