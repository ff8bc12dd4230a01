import { createHash } from "node:crypto";

/** SHA-256 of a token, in hex: how it is written down where it is only compared. Tokens are random, so no salt. */
export function tokenSha256(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
