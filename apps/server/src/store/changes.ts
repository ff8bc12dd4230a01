import { messageOf, secondMs, type Clock, type Log } from "@holdfast/base";
import pg from "pg";
import { z } from "zod";

/** What changed, by id only: who is told looks it up within its own scope. */
export const change = z.discriminatedUnion("about", [
  z.object({
    about: z.literal("run"),
    runId: z.uuid(),
    deviceId: z.uuid(),
    executorId: z.uuid(),
    /** What the executor must hear of, if anything. */
    tell: z.enum(["offer", "cancel"]).optional(),
  }),
  z.object({ about: z.literal("device"), deviceId: z.uuid() }),
  z.object({ about: z.literal("certificate"), deviceId: z.uuid(), certificateId: z.uuid() }),
]);
export type Change = z.infer<typeof change>;

export const changesChannel = "holdfast_changes";
const reconnectMs = secondMs;

export interface ChangeFeed {
  /** `missed`: the connection was away for a while, so anything may have changed. */
  subscribe(listener: (change: Change | "missed") => void): () => void;
  close(): Promise<void>;
}

/** Hears of every committed change, of whichever server made it, on a connection of its own. */
export async function openChangeFeed(options: {
  readonly connection: pg.ClientConfig;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<ChangeFeed> {
  const { clock, log } = options;
  const listeners = new Set<(change: Change | "missed") => void>();
  const closing = new AbortController();
  const tell = (what: Change | "missed") => {
    for (const listener of listeners) listener(what);
  };

  let client: pg.Client | undefined;
  const connect = async () => {
    const next = new pg.Client(options.connection);
    next.on("notification", ({ payload }) => {
      const parsed = change.safeParse(parseJson(payload ?? ""));
      if (parsed.success) tell(parsed.data);
    });
    const broken = new Promise<void>((resolve) => {
      next.on("error", () => resolve());
      next.on("end", () => resolve());
    });
    await next.connect();
    await next.query(`listen ${changesChannel}`);
    client = next;
    return { broken };
  };

  let connection = await connect();
  const following = (async () => {
    while (!closing.signal.aborted) {
      await connection.broken;
      if (closing.signal.aborted) return;
      log.warn("the connection that hears of changes broke; connecting again");
      client?.end().catch(() => {});
      for (;;) {
        try {
          await clock.sleep(reconnectMs, closing.signal);
          connection = await connect();
          break;
        } catch (error) {
          if (closing.signal.aborted) return;
          log.warn("the database does not answer", { error: messageOf(error) });
        }
      }
      tell("missed");
    }
  })();

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort();
      await client?.end().catch(() => {});
      await following;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
