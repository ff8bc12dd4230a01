import { HoldfastError, messageOf } from "@holdfast/base";
import { consoleErrors } from "../errors.ts";

/**
 * Signs in with a password; the session comes back as a cookie that scripts cannot read.
 * The endpoints are better-auth's own, so they are not in the contract.
 * @throws CONSOLE_SIGN_IN_REFUSED, CONSOLE_TOO_MANY_ATTEMPTS, CONSOLE_SIGN_IN_UNAVAILABLE
 */
export async function signIn(email: string, password: string): Promise<void> {
  const status = await post("/api/auth/sign-in/email", { email, password });
  if (status === 429) throw new HoldfastError(consoleErrors.tooManyAttempts, "Too many attempts to sign in.");
  if (status >= 400 && status < 500)
    throw new HoldfastError(consoleErrors.signInRefused, "The e-mail address and the password do not match.");
  if (status >= 500) throw unavailable(`status ${status}`);
}

/** Ends the session on the server and in this browser. */
export async function signOut(): Promise<void> {
  const status = await post("/api/auth/sign-out", {});
  if (status >= 500) throw unavailable(`status ${status}`);
}

async function post(path: string, body: object): Promise<number> {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return response.status;
  } catch (error) {
    throw unavailable(messageOf(error));
  }
}

function unavailable(internal: string): HoldfastError {
  return new HoldfastError(consoleErrors.signInUnavailable, "The server did not answer the sign-in.", { internal });
}
