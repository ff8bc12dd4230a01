import { formatBytes, formatDuration } from "@holdfast/base";
import { useSyncExternalStore } from "react";
import { progressRates } from "../api/progress-rates.ts";
import type { Run } from "../api/queries.ts";
import { formatCount, formatRate, formatShare } from "../format.ts";
import { progressShare, remainingMs, type ProgressShare } from "../progress-rate.ts";
import { Inert } from "./inert.tsx";
import classes from "./run-progress.module.css";

/** How far a run is: bar, bytes, files, speed, what is left, and what is being read now. */
export function RunProgress({ run }: { run: Run }) {
  const rate = useSyncExternalStore(progressRates.subscribe, () => progressRates.of(run.runId));
  const { progress } = run;
  if (progress === null)
    return (
      <div className={classes["progress"]}>
        <Bar label={`${run.deviceName}: waiting to begin`} />
        <p className="hf-muted">{run.state === "queued" ? "Waiting for the device to take it." : "Beginning."}</p>
      </div>
    );
  const { bytesDone, filesDone, totalFiles, errors, phase, current } = progress;
  const share = progressShare(progress);
  // A total that was reached before the end says nothing any more.
  const totalBytes = typeof share === "number" ? progress.totalBytes : undefined;
  const leftMs = remainingMs(rate, totalBytes);
  return (
    <div className={classes["progress"]}>
      <Bar label={`${run.deviceName}: ${phase}`} share={share} />
      <div className={classes["figures"]}>
        <Figure name="Phase" value={phase} />
        <Figure name="Done" value={formatProgress(share)} />
        <Figure name="Bytes" value={ofTotal(formatBytes(bytesDone), totalBytes && formatBytes(totalBytes))} />
        <Figure
          name={phase === "replicate" ? "Snapshots" : "Files"}
          value={ofTotal(formatCount(filesDone), totalFiles && formatCount(totalFiles))}
        />
        <Figure name="Speed" value={rate?.bytesPerSecond === undefined ? "–" : formatRate(rate.bytesPerSecond)} />
        <Figure
          name="Left"
          value={leftMs === undefined ? "–" : leftMs < 1000 ? "nearly done" : formatDuration(leftMs)}
        />
        {errors > 0 && <Figure name="Not readable" value={formatCount(errors)} tone="warn" />}
      </div>
      <ul className={classes["current"]} aria-label="Being read now">
        {current.map((name) => (
          <li key={name}>
            <Inert text={name} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A thin line of the same, for lists. */
export function RunProgressLine({ run }: { run: Run }) {
  const share = run.progress === null ? undefined : progressShare(run.progress);
  return (
    <span className={classes["line"]}>
      <Bar label={`Backup of ${run.deviceName}`} share={share} />
      <span className="hf-small hf-muted hf-nowrap">
        {typeof share === "number" ? formatShare(share) : run.state === "queued" ? "queued" : "…"}
      </span>
    </span>
  );
}

function formatProgress(share: ProgressShare): string {
  return typeof share === "number" ? formatShare(share) : share;
}

/** Without a share it only says that something goes on. */
function Bar({ label, share }: { label: string; share?: ProgressShare | undefined }) {
  const percent = typeof share === "number" ? share * 100 : undefined;
  return (
    <>
      <progress className="hf-hidden" aria-label={label} max={100} value={percent} />
      <span className={classes["bar"]} data-unknown={percent === undefined || undefined} aria-hidden="true">
        <span style={percent === undefined ? undefined : { inlineSize: `${percent}%` }} />
      </span>
    </>
  );
}

function Figure({ name, value, tone }: { name: string; value: string; tone?: "warn" }) {
  return (
    <div data-tone={tone}>
      <span className="hf-small hf-muted">{name}</span>
      <span className={classes["value"]}>{value}</span>
    </div>
  );
}

function ofTotal(done: string, total: string | 0 | undefined): string {
  return total ? `${done} of ${total}` : done;
}
