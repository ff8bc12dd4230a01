import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { ServerEvent } from "@holdfast/contract";
import { systemClock } from "@holdfast/base";
import { progressRates } from "./progress-rates.ts";
import { keys, type Device, type Run } from "./queries.ts";
import { isOver } from "./run-states.ts";

interface RunPage {
  items: Run[];
  next: string | null;
}

/**
 * Makes what is on the page true again after one event. Progress comes every second, so it is written straight into
 * what was fetched; only a change of state makes lists ask the server again.
 */
export function applyEvent(cache: QueryClient, event: ServerEvent): void {
  if (event.type === "run") return applyRun(cache, event.run);
  void cache.invalidateQueries({ queryKey: keys.device(event.deviceId) });
  void cache.invalidateQueries({ queryKey: keys.devices });
  void cache.invalidateQueries({ queryKey: keys.organisations });
  if (event.type === "certificate") void cache.invalidateQueries({ queryKey: keys.certificates(event.deviceId) });
}

function applyRun(cache: QueryClient, run: Run): void {
  if (isOver(run)) progressRates.forget(run.runId);
  else if (run.progress !== null) progressRates.note(run.runId, systemClock.monotonicMs(), run.progress.bytesDone);
  let known: Run | undefined;
  const replaced = (held: Run): Run => {
    if (held.runId !== run.runId) return held;
    known = held;
    return run;
  };
  cache.setQueriesData<InfiniteData<RunPage>>({ queryKey: keys.runs }, (data) =>
    data === undefined
      ? data
      : { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map(replaced) })) },
  );
  cache.setQueryData<Run>(keys.run(run.runId), (held) => (held === undefined ? held : replaced(held)));
  const withRun = (device: Device): Device =>
    device.activeRun?.runId === run.runId ? { ...device, activeRun: replaced(device.activeRun) } : device;
  cache.setQueryData<Device>(keys.device(run.deviceId), (device) => (device === undefined ? device : withRun(device)));
  cache.setQueriesData<InfiniteData<{ items: Device[]; next: string | null }>>({ queryKey: keys.devices }, (data) =>
    data === undefined
      ? data
      : { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map(withRun) })) },
  );
  void cache.invalidateQueries({ queryKey: keys.runLog(run.runId) });
  if (known?.state !== run.state) askAgain(cache, run);
}

/** What a run that began or ended may have changed. */
function askAgain(cache: QueryClient, run: Run): void {
  const changed: readonly (readonly string[])[] = [
    keys.runs,
    keys.device(run.deviceId),
    keys.devices,
    ...(isOver(run) ? [keys.snapshots(run.deviceId), keys.certificates(run.deviceId), keys.organisations] : []),
  ];
  for (const queryKey of changed) void cache.invalidateQueries({ queryKey });
}
