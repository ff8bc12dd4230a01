import type { z } from "zod";

/** What a caller must hold. A route without one does not compile, and one that names it is checked by the server. */
export const permissions = ["public", "signed-in", "read", "operate", "restore", "administer", "installation"] as const;
export type Permission = (typeof permissions)[number];

/**
 * One operation of the HTTP API below `/api/v1`. The table in api.ts is the only description there is: the server
 * registers from it, openapi.json is built from it, and the typed client reads its types from it.
 */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With `:name` for parameters, e.g. `/devices/:deviceId/runs`. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly permission: Permission;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** What the answer holds: JSON of a shape, nothing (204), bytes sealed to the reader, or server-sent events. */
  readonly answer: z.ZodType | "nothing" | "sealed-stream" | "events";
}
