import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Services } from "../app/services.ts";
import type { SignedIn, SignIn } from "../sign-in/sign-in.ts";
import { findProvider } from "../store/organisations.ts";
import { grantsOf } from "../store/role-grants.ts";
import { installationScope, type Scope } from "../store/scope.ts";
import { anonymousCaller, installationCaller, rolePermissions, type Caller } from "./caller.ts";

/** Who asks, by bearer token or session cookie; a token that is wrong does not fall back to the cookie. */
export async function callerOf(
  services: Services,
  signIn: SignIn,
  installationToken: string,
  request: FastifyRequest,
): Promise<Caller> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^Bearer (.+)$/.exec(authorization)?.[1] ?? "";
    return sameText(token, installationToken) ? installationCaller : anonymousCaller;
  }
  const signedIn = await signedInOf(signIn, request);
  return signedIn === undefined ? anonymousCaller : userCaller(services, signedIn);
}

/** Whose session cookie came with a request. */
export async function signedInOf(signIn: SignIn, request: FastifyRequest): Promise<SignedIn | undefined> {
  const { cookie } = request.headers;
  return cookie === undefined ? undefined : signIn.sessionOf(new Headers({ cookie }));
}

async function userCaller(services: Services, signedIn: SignedIn): Promise<Caller> {
  const { userId, name, email } = signedIn;
  const { grant, scope } = await services.store.read(installationScope, async (db) => {
    const [first] = await grantsOf(db, userId);
    const organisationId = first?.organisationId ?? (await findProvider(db))?.organisationId;
    const reach: Scope = organisationId === undefined ? { kind: "nothing" } : { kind: "organisation", organisationId };
    return { grant: first, scope: reach };
  });
  if (grant === undefined) return anonymousCaller; // an account without any role is nobody here
  return {
    actor: { kind: "user", id: userId, name: email },
    scope,
    permissions: rolePermissions[grant.role],
    user: { userId, name, email, role: grant.role },
  };
}

/** Compares without telling by its duration how much was right. */
function sameText(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
