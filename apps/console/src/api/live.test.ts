import { expect, test, vi } from "vitest";
import { apiClient } from "@holdfast/client";
import type { ServerEvent } from "@holdfast/contract";
import { manualClock } from "@holdfast/testkit";
import { keepLive, silenceMsMax, type LiveState } from "./live.ts";

const event = 'data: {"type":"device","deviceId":"019a8e1a-0000-7000-8000-000000000003"}\n\n';
const never = () => new Promise<void>(() => undefined);

type Answer = (signal: AbortSignal | null | undefined) => Response;

/** A server that answers the event stream as told, one answer a connection; after the last it refuses. */
function lineTo(answers: readonly Answer[]) {
  const clock = manualClock();
  const states: LiveState[] = [];
  const events: ServerEvent[] = [];
  const waiting: { kind: LiveState["kind"]; resolve: () => void }[] = [];
  const controller = new AbortController();
  let returns = 0;
  let connections = 0;
  const server = apiClient({
    baseUrl: "http://server.test",
    fetch: async (_, init) => {
      const answer = answers[connections++];
      if (answer === undefined) throw new TypeError("refused");
      return answer(init?.signal);
    },
  });
  const done = keepLive(
    {
      server,
      clock,
      onEvent: (heard) => events.push(heard),
      onState: (state) => {
        states.push(state);
        for (const waiter of waiting.splice(0))
          if (waiter.kind === state.kind) waiter.resolve();
          else waiting.push(waiter);
      },
      onReturn: () => (returns += 1),
    },
    never,
    controller.signal,
  );
  const reached = (kind: LiveState["kind"]) => new Promise<void>((resolve) => waiting.push({ kind, resolve }));
  const kinds = () => states.map((state) => state.kind);
  return { clock, events, reached, kinds, done, stop: () => controller.abort(), returns: () => returns };
}

/** An event stream that says `text` and then ends, or stays open until the reader leaves. */
const streamOf =
  (text: string, open = false): Answer =>
  (signal) =>
    new Response(
      new ReadableStream({
        start(stream) {
          stream.enqueue(new TextEncoder().encode(text));
          if (!open) return stream.close();
          signal?.addEventListener("abort", () => stream.error(signal.reason));
        },
      }),
    );

test("events are heard, a lost line is said and taken up again, and then everything is asked anew", async () => {
  const line = lineTo([streamOf(event), streamOf(": hello\n\n", true)]);
  await line.reached("lost");
  expect(line.events).toHaveLength(1);
  const back = line.reached("live");
  line.clock.advanceMs(1000);
  await back;
  expect(line.kinds()).toEqual(["live", "lost", "live"]);
  expect(line.returns()).toBe(1);
  line.stop();
  await line.done;
});

test("a server that does not answer is asked less and less often, and the loss keeps its beginning", async () => {
  const line = lineTo([]);
  await line.reached("lost");
  for (const waitMs of [1000, 2000, 4000, 8000, 15_000, 15_000]) {
    const again = line.reached("lost");
    line.clock.advanceMs(waitMs);
    await again;
  }
  expect(line.kinds()).toEqual(Array.from({ length: 7 }, () => "lost"));
  line.stop();
  await line.done;
});

test("the end of the session ends the line, and being refused is not taken for it", async () => {
  const refusal = (status: number, code: string) => () => Response.json({ code, message: "no", cure: "-" }, { status });
  const line = lineTo([refusal(403, "NOT_ALLOWED"), refusal(401, "SIGN_IN_NEEDED")]);
  await line.reached("lost");
  line.clock.advanceMs(1000);
  await line.done;
  expect(line.kinds()).toEqual(["lost", "signed-out"]);
});

test("a line that has gone silent is given up", async () => {
  const line = lineTo([streamOf(event, true)]);
  await vi.waitFor(() => expect(line.events).toHaveLength(1));
  const lost = line.reached("lost");
  line.clock.advanceMs(silenceMsMax);
  await lost;
  line.stop();
  await line.done;
});
