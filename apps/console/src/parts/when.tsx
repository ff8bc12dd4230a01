import { minuteMs } from "@holdfast/base";
import { formatAgo, formatInstant, formatMinute } from "../format.ts";
import { useNowMs } from "./use-now.ts";

/** An instant for people: how long ago, or the minute; the exact second and zone on hover. */
export function When({ at, as = "ago" }: { at: string; as?: "ago" | "minute" | "exact" }) {
  const nowMs = useNowMs(minuteMs / 4);
  const exact = formatInstant(at);
  const text = as === "exact" ? exact : as === "minute" ? formatMinute(at) : formatAgo(nowMs - Date.parse(at));
  return (
    <time dateTime={at} title={exact} className="hf-nowrap">
      {text}
    </time>
  );
}
