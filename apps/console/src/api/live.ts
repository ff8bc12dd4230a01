import { secondMs, type Clock } from "@holdfast/base";
import type { ApiClient } from "@holdfast/client";
import { serverEvent, type ServerEvent } from "@holdfast/contract";
import { isSignedOut } from "./signed-out.ts";
import { bytesOf, eventData, textOf } from "./event-stream.ts";

/** How the line to the server stands. Times are wall-clock milliseconds. */
export type LiveState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "lost"; readonly sinceMs: number; readonly retryAtMs: number }
  | { readonly kind: "signed-out" };

export interface LiveOptions {
  readonly server: ApiClient;
  readonly clock: Clock;
  readonly onEvent: (event: ServerEvent) => void;
  readonly onState: (state: LiveState) => void;
  /** The line is back after a break: anything may have happened meanwhile. */
  readonly onReturn: () => void;
}

/** The server says something at least every 20 seconds; a line silent for this long is dead. */
export const silenceMsMax = 60 * secondMs;
const retryMs = [1, 2, 4, 8, 15].map((seconds) => seconds * secondMs);

/** Keeps the event stream open until `signal` aborts or the session ends. `hurry` gives a promise that cuts a wait short. */
export async function keepLive(options: LiveOptions, hurry: () => Promise<void>, signal: AbortSignal): Promise<void> {
  const { clock, onState } = options;
  let lostSinceMs: number | undefined;
  for (let failures = 0; !signal.aborted; failures += 1) {
    const opened = await listen(
      options,
      () => {
        failures = 0;
        if (lostSinceMs !== undefined) options.onReturn();
        lostSinceMs = undefined;
        onState({ kind: "live" });
      },
      signal,
    );
    if (signal.aborted) return;
    if (opened === "signed-out") return onState({ kind: "signed-out" });
    lostSinceMs ??= clock.nowMs();
    const waitMs = retryMs[Math.min(failures, retryMs.length - 1)] ?? secondMs;
    onState({ kind: "lost", sinceMs: lostSinceMs, retryAtMs: clock.nowMs() + waitMs });
    await Promise.race([clock.sleep(waitMs, signal).catch(() => undefined), hurry()]);
  }
}

/** One connection from opening to its end. */
async function listen(options: LiveOptions, onOpen: () => void, signal: AbortSignal): Promise<"ended" | "signed-out"> {
  const connection = new AbortController();
  const ended = AbortSignal.any([signal, connection.signal]);
  let heardAtMs = options.clock.monotonicMs();
  const watch = watchSilence();
  try {
    const response = await options.server.call("watchEvents", {}, ended);
    if (response.body === null) return "ended";
    onOpen();
    const heard = bytesOf(response.body, () => (heardAtMs = options.clock.monotonicMs()));
    for await (const data of eventData(textOf(heard))) {
      const parsed = serverEvent.safeParse(JSON.parse(data));
      if (parsed.success) options.onEvent(parsed.data);
    }
    return "ended";
  } catch (error) {
    return isSignedOut(error) ? "signed-out" : "ended";
  } finally {
    connection.abort();
    await watch;
  }

  async function watchSilence(): Promise<void> {
    while (!ended.aborted) {
      const silentMs = options.clock.monotonicMs() - heardAtMs;
      if (silentMs >= silenceMsMax) return connection.abort();
      await options.clock.sleep(silenceMsMax - silentMs, ended).catch(() => undefined);
    }
  }
}
