import { existsSync } from "node:fs";
import path from "node:path";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import fastifyStatic from "@fastify/static";
import { HoldfastError } from "@holdfast/base";
import { openApiDocument } from "@holdfast/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { RelayDesk } from "../app/relay.ts";
import type { Services } from "../app/services.ts";
import { serverVersion } from "../app/version.ts";
import { callerOf } from "../authz/caller-of.ts";
import { serverErrors } from "../errors.ts";
import type { SignIn } from "../sign-in/sign-in.ts";
import type { ChangeFeed } from "../store/changes.ts";
import { apiPrefix, registerApi } from "./api-routes.ts";
import { newApp } from "./app-base.ts";
import type { BoundServer } from "./bound-server.ts";
import { consoleOperations } from "./console-operations.ts";
import { sendProblem } from "./problems.ts";
import { mountSignIn } from "./sign-in-routes.ts";

interface ConsoleMeans {
  readonly services: Services;
  readonly signIn: SignIn;
  readonly relay: RelayDesk;
  readonly feed: ChangeFeed;
  readonly installationToken: string;
  /** Addresses that the console is reached by, as browsers name them; the first is the one that links name. */
  readonly origins: readonly [string, ...string[]];
  readonly consoleDir: string;
  readonly tls: boolean;
}

/** The console and the API behind it. */
export async function consoleApp(bound: BoundServer, means: ConsoleMeans): Promise<FastifyInstance> {
  const { services, signIn, relay, feed, installationToken, origins } = means;
  const app = newApp(bound, services);
  await app.register(helmet, securityHeaders(means.tls));
  await app.register(rateLimit, { global: false });
  guardOrigin(app, origins);

  const whoAsks = (request: FastifyRequest) => callerOf(services, signIn, installationToken, request);
  const [consoleUrl] = origins;
  const { closing } = bound;
  const operations = consoleOperations({ services, signIn, relay, feed, consoleUrl, callerOf: whoAsks, closing });
  registerApi(app, operations, whoAsks);
  const document = openApiDocument(serverVersion);
  app.get(`${apiPrefix}/openapi.json`, async () => document);
  mountSignIn(app, signIn, consoleUrl);
  await servePages(app, means);
  await app.ready();
  return app;
}

function securityHeaders(tls: boolean) {
  return {
    strictTransportSecurity: tls,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
        imgSrc: ["'self'", "data:", "blob:"],
        styleSrc: ["'self'", "'unsafe-inline'"], // Mantine writes style attributes
      },
    },
  };
}

/**
 * A page elsewhere can make a browser send requests here, with its cookies. So requests under a name that is not ours
 * are refused (DNS rebinding), and changes must come from a page of ours unless they carry a bearer token, which no
 * browser adds by itself.
 */
function guardOrigin(app: FastifyInstance, origins: readonly string[]): void {
  const hosts = new Set(origins.map((origin) => new URL(origin).host));
  const refused = new HoldfastError(serverErrors.wrongOrigin, "This request does not come from this console.");
  app.addHook("onRequest", async (request) => {
    if (!hosts.has(request.headers.host ?? "")) throw refused;
    if (request.method === "GET" || request.method === "HEAD" || request.headers.authorization !== undefined) return;
    if (!origins.includes(request.headers.origin ?? "")) throw refused;
  });
}

/** The built console; any address that is not a file is a page of its own, which its router knows. */
async function servePages(app: FastifyInstance, means: ConsoleMeans): Promise<void> {
  const { consoleDir, services } = means;
  const built = existsSync(path.join(consoleDir, "index.html"));
  if (built) {
    await app.register(fastifyStatic, {
      root: consoleDir,
      index: false,
      wildcard: false,
      maxAge: 0,
      setHeaders: (response, file) => {
        const named = file.includes(`${path.sep}assets${path.sep}`); // names hold a hash of their content
        response.header("cache-control", named ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  }
  const page = (reply: FastifyReply) =>
    built
      ? reply.sendFile("index.html")
      : reply.code(503).type("text/plain; charset=utf-8").send("The console is not built yet: run `npm run build`.\n");

  app.get<{ Querystring: { token?: unknown } }>("/sign-in", async (request, reply) => {
    const { token } = request.query;
    if (typeof token !== "string" || token === "") return page(reply);
    const query = new URLSearchParams({ token, callbackURL: "/", errorCallbackURL: "/sign-in" });
    return reply.header("cache-control", "no-store").redirect(`/api/auth/magic-link/verify?${query}`);
  });
  app.setNotFoundHandler((request, reply) => {
    const isPage = request.method === "GET" && !request.url.startsWith("/api/") && !/\.\w+$/.test(pathOf(request.url));
    if (isPage) return page(reply);
    const missing = new HoldfastError(serverErrors.notFound, "There is nothing at this address.");
    return sendProblem(missing, request, reply, services.log);
  });
}

function pathOf(url: string): string {
  return url.split("?", 1)[0]!;
}
