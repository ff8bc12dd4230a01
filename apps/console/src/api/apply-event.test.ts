import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { applyEvent } from "./apply-event.ts";
import { deviceQuery, runQuery, runsQuery, type Device, type Run } from "./queries.ts";

const id = (last: number) => `019a8e1a-0000-7000-8000-00000000000${last}`;

function run(change: Partial<Run> = {}): Run {
  return {
    runId: id(1),
    kind: "backup",
    state: "running",
    organisationId: id(2),
    deviceId: id(3),
    deviceName: "files-1",
    vaultId: id(4),
    planId: id(5),
    requestedBy: "schedule",
    queuedAt: "2026-11-22T10:00:00Z",
    startedAt: "2026-11-22T10:00:01Z",
    endedAt: null,
    progress: null,
    result: null,
    failure: null,
    ...change,
  };
}

function device(activeRun: Run | null): Device {
  return {
    deviceId: id(3),
    organisationId: id(2),
    organisationName: "Client",
    name: "files-1",
    inventory: null,
    connected: true,
    lastSeenAt: null,
    protection: { state: "waiting", because: "", newestGoodAt: null, ageSeconds: null, rpoMinutes: null },
    plan: null,
    vault: null,
    activeRun,
    lastDrill: null,
    enrolledAt: "2026-11-22T09:00:00Z",
  };
}

/** A cache that holds one running run wherever the pages keep it. */
function cacheWith(held: Run): QueryClient {
  const cache = new QueryClient();
  cache.setQueryData(runQuery(held.runId).queryKey, held);
  cache.setQueryData(runsQuery().queryKey, { pages: [{ items: [held], next: null }], pageParams: [undefined] });
  cache.setQueryData(deviceQuery(held.deviceId).queryKey, device(held));
  return cache;
}

const isStale = (cache: QueryClient, queryKey: readonly unknown[]) => cache.getQueryState(queryKey)?.isInvalidated;
const progress = {
  phase: "backing up",
  filesDone: 5,
  bytesDone: 500,
  totalBytes: 1000,
  errors: 0,
  current: ["/srv/a"],
};

test("progress shows everywhere at once without asking the server again", () => {
  const cache = cacheWith(run());
  applyEvent(cache, { type: "run", run: run({ progress }) });
  expect(cache.getQueryData(runQuery(id(1)).queryKey)?.progress?.bytesDone).toBe(500);
  expect(cache.getQueryData(runsQuery().queryKey)?.pages[0]?.items[0]?.progress?.bytesDone).toBe(500);
  expect(cache.getQueryData(deviceQuery(id(3)).queryKey)?.activeRun?.progress?.bytesDone).toBe(500);
  expect(isStale(cache, runsQuery().queryKey)).toBe(false);
  expect(isStale(cache, deviceQuery(id(3)).queryKey)).toBe(false);
});

test("a run that ends, or that nobody knew, makes what it may have changed be asked for again", () => {
  for (const event of [run({ state: "succeeded" }), run({ runId: id(9) })]) {
    const cache = cacheWith(run());
    applyEvent(cache, { type: "run", run: event });
    expect(isStale(cache, runsQuery().queryKey)).toBe(true);
    expect(isStale(cache, deviceQuery(id(3)).queryKey)).toBe(true);
  }
});

test("a run of another device leaves this device's page as it is", () => {
  const cache = cacheWith(run());
  applyEvent(cache, { type: "run", run: run({ runId: id(9), deviceId: id(8), state: "failed" }) });
  expect(isStale(cache, deviceQuery(id(3)).queryKey)).toBe(false);
});
