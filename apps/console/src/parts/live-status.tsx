import { Button } from "@mantine/core";
import { secondMs } from "@holdfast/base";
import type { Live } from "../api/use-live.ts";
import { formatInstant } from "../format.ts";
import { Icon } from "./icon.tsx";
import { useNowMs } from "./use-now.ts";
import classes from "./live-status.module.css";

/** Whether this page is kept true by the server: a small sign while it is. */
export function LiveSign({ live }: { live: Live }) {
  const { kind } = live.state;
  const word = kind === "live" ? "Live" : kind === "connecting" ? "Connecting" : "Not live";
  return (
    <output className={classes["sign"]} data-kind={kind}>
      <span className={classes["dot"]} />
      {word}
    </output>
  );
}

/** Said loudly once it is not: since when, and when the next attempt is. */
export function LiveBanner({ live }: { live: Live }) {
  const { state } = live;
  const nowMs = useNowMs(secondMs);
  if (state.kind !== "lost") return null;
  const waitSeconds = Math.max(0, Math.ceil((state.retryAtMs - nowMs) / secondMs));
  const since = new Date(state.sinceMs).toISOString();
  return (
    <div className={classes["banner"]} role="alert">
      <Icon name="unplugged" size={18} />
      <span>
        <strong>The connection to the server is lost.</strong> What you see may have changed since{" "}
        <time dateTime={since}>{formatInstant(since)}</time>.{" "}
        <span aria-hidden="true">{waitSeconds > 0 ? `Trying again in ${waitSeconds} s.` : "Trying again …"}</span>
      </span>
      <Button size="compact-sm" variant="default" onClick={live.hurry}>
        Try now
      </Button>
    </div>
  );
}
