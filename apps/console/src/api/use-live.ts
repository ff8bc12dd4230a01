import { systemClock } from "@holdfast/base";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { applyEvent } from "./apply-event.ts";
import { keepLive, type LiveState } from "./live.ts";
import { server } from "./server.ts";

export interface Live {
  readonly state: LiveState;
  /** Tries the line again now instead of when it is due. */
  readonly hurry: () => void;
}

/** Keeps what is on the page true for as long as the component that calls it is there; one of these in the console. */
export function useLive(onSignedOut: () => void): Live {
  const cache = useQueryClient();
  const [state, setState] = useState<LiveState>({ kind: "connecting" });
  const impatience = useMemo(() => new EventTarget(), []);
  useEffect(() => {
    const controller = new AbortController();
    const hurry = () =>
      new Promise<void>((resolve) => impatience.addEventListener("hurry", () => resolve(), { once: true }));
    void keepLive(
      {
        server,
        clock: systemClock,
        onEvent: (event) => applyEvent(cache, event),
        onState: (next) => {
          if (controller.signal.aborted) return;
          setState(next);
          if (next.kind === "signed-out") onSignedOut();
        },
        onReturn: () => void cache.invalidateQueries(),
      },
      hurry,
      controller.signal,
    );
    return () => controller.abort();
  }, [cache, impatience, onSignedOut]);
  useEffect(() => {
    const again = () => impatience.dispatchEvent(new Event("hurry"));
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, [impatience]);
  return { state, hurry: () => impatience.dispatchEvent(new Event("hurry")) };
}
