import { z } from "zod";
import { byteCount, hash256 } from "./shapes.ts";

/** A repository's place at the gateway, as in its URL: one or two folders, `acme` or `acme/web-1`. */
export const repositoryName = z
  .string()
  .max(257)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._@-]{0,127}(\/[A-Za-z0-9_][A-Za-z0-9._@-]{0,127})?$/);

/** A gateway asks what a token may do in a repository. It sends the token's hash, so that the token stays where it came. */
export const gatewayGrantRequest = z.object({ repository: repositoryName, tokenSha256: hash256 });
export type GatewayGrantRequest = z.infer<typeof gatewayGrantRequest>;

/** What it may do. A token that opens nothing is answered 404, whatever the reason. */
export const gatewayGrant = z.object({
  /** Stores, and removes locks; nothing else is ever removed. */
  appendOnly: z.boolean(),
  /** Whether stored bytes may be fetched and listed. */
  read: z.boolean(),
  /** The repository may not grow beyond this; null: no limit. */
  quotaBytes: byteCount.nullable(),
});
export type GatewayGrant = z.infer<typeof gatewayGrant>;
