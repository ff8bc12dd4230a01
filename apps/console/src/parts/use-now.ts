import { systemClock } from "@holdfast/base";
import { useEffect, useState } from "react";

/** The wall clock, looked at again every `everyMs`, so that ages on a page that stays open stay true. */
export function useNowMs(everyMs: number): number {
  const [nowMs, setNowMs] = useState(() => systemClock.nowMs());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(systemClock.nowMs()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}
