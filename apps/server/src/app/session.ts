import { HoldfastError } from "@holdfast/base";
import type { Session, signInLink } from "@holdfast/contract";
import type { z } from "zod";
import type { Caller } from "../authz/caller.ts";
import { serverErrors } from "../errors.ts";
import type { SignedIn, SignIn } from "../sign-in/sign-in.ts";
import { findProvider } from "../store/organisations.ts";
import { ensureGrant } from "../store/role-grants.ts";
import { installationScope } from "../store/scope.ts";
import type { Store } from "../store/store.ts";
import { found, nowOf, type Services } from "./services.ts";

/** A password may be set in a session that began at most so long ago: a forgotten open page is not enough. */
const freshSessionMs = 15 * 60_000;

/** Who is signed in, and where. */
export async function getSession(services: Services, signIn: SignIn, caller: Caller): Promise<Session> {
  const user = found(caller.user, "session");
  const provider = await services.store.read(caller.scope, findProvider);
  return {
    user: { userId: user.userId, name: user.name, email: user.email },
    role: user.role,
    provider: provider === undefined ? null : { organisationId: provider.organisationId, name: provider.name },
    hasPassword: await signIn.hasPassword(user.userId),
  };
}

/**
 * Sets the password of whoever is signed in.
 * @throws PASSWORD_NEEDS_FRESH_SESSION
 */
export async function setPassword(
  services: Services,
  signIn: SignIn,
  signedIn: SignedIn,
  caller: Caller,
  password: string,
): Promise<void> {
  if (services.clock.nowMs() - signedIn.beganAtMs > freshSessionMs)
    throw new HoldfastError(serverErrors.passwordNeedsFreshSession, "Sign in again, then set the password.");
  // Accounts are the installation's. Written first: an entry without a change is harmless, a change without one is not.
  await services.store.transact(installationScope, async (tx) => {
    tx.audit({
      by: caller.actor,
      action: "user.password-set",
      subject: { kind: "user", id: signedIn.userId },
      organisationId: null,
    });
  });
  await signIn.setPassword(signedIn, password);
}

/**
 * A one-time link for the person at this address, who becomes an administrator of the provider.
 * @param consoleUrl the console's address
 */
export async function createSignInLink(
  services: Services,
  signIn: SignIn,
  caller: Caller,
  consoleUrl: string,
  email: string,
): Promise<z.infer<typeof signInLink>> {
  const address = email.toLowerCase();
  const userId = await signIn.ensureUser(address);
  await services.store.transact(installationScope, async (tx) => {
    await ensureGrant(tx, { userId, organisationId: null, role: "provider-administrator", grantedAt: nowOf(services) });
    tx.audit({
      by: caller.actor,
      action: "sign-in-link.created",
      subject: { kind: "user", id: userId },
      organisationId: null,
      detail: { email: address },
    });
  });
  const { token, expiresAtMs } = await signIn.newLinkToken(address);
  const url = new URL("/sign-in", consoleUrl);
  url.searchParams.set("token", token);
  return { url: url.toString(), expiresAt: new Date(expiresAtMs).toISOString() };
}

/** Records that somebody has signed in, by whichever way. */
export async function recordSignIn(store: Store, user: { userId: string; email: string }): Promise<void> {
  const { userId, email } = user;
  await store.transact(installationScope, async (tx) => {
    tx.audit({
      by: { kind: "user", id: userId, name: email },
      action: "user.signed-in",
      subject: { kind: "user", id: userId },
      organisationId: null,
    });
  });
}
