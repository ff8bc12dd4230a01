import type { NewKey } from "@holdfast/engine";
import type { Call } from "./command.ts";
import { newPassword } from "./password/new-password.ts";
import { ourselves } from "./session.ts";
import type { newKeyFlags } from "./table/key-commands.ts";

/** The key that `key add` and `key passwd` are asked to make. */
export async function newKey(call: Call<typeof newKeyFlags>): Promise<NewKey> {
  const { host, user, newInsecureNoPassword } = call.flags;
  const { hostname, username } = ourselves();
  return {
    password: await newPassword(call),
    hostname: host ?? hostname,
    username: user ?? username,
    allowsEmptyPassword: newInsecureNoPassword,
  };
}
