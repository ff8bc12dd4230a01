import { HoldfastError, minuteMs } from "@holdfast/base";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { serverErrors } from "../errors.ts";
import type { SignIn } from "../sign-in/sign-in.ts";

const signInsPerMinuteMax = 10;

/**
 * What is open of the sign-in library's own interface. Attempts are counted by the address that they come from; its
 * refusals become problems like everybody else's.
 */
export function mountSignIn(app: FastifyInstance, signIn: SignIn, consoleUrl: string): void {
  const limited = { config: { rateLimit: { max: signInsPerMinuteMax, timeWindow: minuteMs } } };
  const pass = async (request: FastifyRequest, reply: FastifyReply) => {
    const answer = await signIn.handle(webRequest(request, consoleUrl));
    if (answer.status >= 400) throw refusal(answer.status);
    reply.code(answer.status).header("cache-control", "no-store");
    for (const name of ["content-type", "location"]) {
      const value = answer.headers.get(name);
      if (value !== null) reply.header(name, value);
    }
    for (const cookie of answer.headers.getSetCookie()) reply.header("set-cookie", cookie);
    return reply.send(Buffer.from(await answer.arrayBuffer()));
  };
  app.post("/api/auth/sign-in/email", limited, pass);
  app.get("/api/auth/magic-link/verify", limited, pass);
  app.post("/api/auth/sign-out", pass);
}

/** A request as the library takes it, with nothing of ours in it but what it needs. */
function webRequest(request: FastifyRequest, consoleUrl: string): Request {
  const headers = new Headers();
  for (const name of ["cookie", "origin", "user-agent"] as const) {
    const value = request.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  const url = new URL(request.url, consoleUrl);
  if (request.method === "GET") return new Request(url, { headers });
  headers.set("content-type", "application/json");
  return new Request(url, { method: "POST", headers, body: JSON.stringify(request.body ?? {}) });
}

function refusal(status: number): HoldfastError {
  if (status === 401) return new HoldfastError(serverErrors.signInRefused, "The address or the password is wrong.");
  if (status >= 500) return new HoldfastError(serverErrors.failed, "The server met an error of its own.");
  return new HoldfastError(serverErrors.requestInvalid, "The sign-in request has another shape than expected.");
}
