import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** Resolves when a slow client has taken what was written, or has gone away. */
export async function taken(response: ServerResponse): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
  } finally {
    over.abort(); // whoever lost the race listens no longer
  }
}
