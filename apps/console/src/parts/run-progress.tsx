import { formatBytes, formatDuration } from "@holdfast/base";
import { useSyncExternalStore } from "react";
import { progressRates } from "../api/progress-rates.ts";
import type { Run } from "../api/queries.ts";
import { formatCount, formatRate, formatShare } from "../format.ts";
import { remainingMs } from "../progress-rate.ts";
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
  const { bytesDone, totalBytes, filesDone, totalFiles, errors, phase, current } = progress;
  const leftMs = remainingMs(rate, totalBytes);
  return (
    <div className={classes["progress"]}>
      <Bar label={`${run.deviceName}: ${phase}`} done={bytesDone} total={totalBytes} />
      <div className={classes["figures"]}>
        <Figure name="Phase" value={phase} />
        <Figure name="Done" value={totalBytes === undefined ? "counting" : formatShare(bytesDone, totalBytes)} />
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
  const { progress } = run;
  const total = progress?.totalBytes;
  return (
    <span className={classes["line"]}>
      <Bar label={`Backup of ${run.deviceName}`} done={progress?.bytesDone} total={total} />
      <span className="hf-small hf-muted hf-nowrap">
        {progress && total !== undefined
          ? formatShare(progress.bytesDone, total)
          : run.state === "queued"
            ? "queued"
            : "…"}
      </span>
    </span>
  );
}

function Bar({ label, done, total }: { label: string; done?: number | undefined; total?: number | undefined }) {
  const known = done !== undefined && total !== undefined && total > 0;
  const percent = known ? Math.min(100, (done / total) * 100) : undefined;
  return (
    <>
      <progress className="hf-hidden" aria-label={label} max={100} value={percent} />
      <span className={classes["bar"]} data-unknown={!known || undefined} aria-hidden="true">
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
