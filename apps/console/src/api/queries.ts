import { infiniteQueryOptions, queryOptions, type InfiniteData } from "@tanstack/react-query";
import type { CallOutput } from "@holdfast/client";
import { server } from "./server.ts";

/** Everything the console asks for, by the name that events invalidate it under. @see apply-event.ts */
export const keys = {
  session: ["session"],
  organisations: ["organisations"],
  devices: ["devices"],
  device: (deviceId: string) => ["device", deviceId],
  runs: ["runs"],
  run: (runId: string) => ["run", runId],
  runLog: (runId: string) => ["run-log", runId],
  snapshots: (deviceId: string) => ["snapshots", deviceId],
  certificates: (deviceId: string) => ["certificates", deviceId],
} as const;

export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: ({ signal }) => server.call("getSession", {}, signal),
  staleTime: 60_000,
  retry: false,
});

export const organisationsQuery = queryOptions({
  queryKey: keys.organisations,
  queryFn: ({ signal }) => server.call("listOrganisations", {}, signal),
});

/** A page of a list that has more. */
interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** All items of the pages fetched so far. */
export function itemsOf<Item>(data: InfiniteData<Page<Item>> | undefined): readonly Item[] | undefined {
  return data?.pages.flatMap((page) => page.items);
}

const firstPage: string | undefined = undefined;
const nextPage = (page: { readonly next: string | null }) => page.next ?? undefined;

/** Devices, worst protection first; of one organisation when given. */
export function devicesQuery(organisationId?: string) {
  return infiniteQueryOptions({
    queryKey: [...keys.devices, organisationId ?? "all"],
    queryFn: ({ pageParam, signal }) =>
      server.call("listDevices", { query: { organisationId, after: pageParam, limit: 200 } }, signal),
    initialPageParam: firstPage,
    getNextPageParam: nextPage,
  });
}

export function deviceQuery(deviceId: string) {
  return queryOptions({
    queryKey: keys.device(deviceId),
    queryFn: ({ signal }) => server.call("getDevice", { params: { deviceId } }, signal),
  });
}

/** Runs, newest first; of one device when given. */
export function runsQuery(deviceId?: string) {
  return infiniteQueryOptions({
    queryKey: [...keys.runs, deviceId ?? "all"],
    queryFn: ({ pageParam, signal }) =>
      server.call("listRuns", { query: { deviceId, after: pageParam, limit: 50 } }, signal),
    initialPageParam: firstPage,
    getNextPageParam: nextPage,
  });
}

export function runQuery(runId: string) {
  return queryOptions({
    queryKey: keys.run(runId),
    queryFn: ({ signal }) => server.call("getRun", { params: { runId } }, signal),
  });
}

export function runLogQuery(runId: string) {
  return queryOptions({
    queryKey: keys.runLog(runId),
    queryFn: ({ signal }) => server.call("getRunLog", { params: { runId } }, signal),
  });
}

export function snapshotsQuery(deviceId: string) {
  return infiniteQueryOptions({
    queryKey: keys.snapshots(deviceId),
    queryFn: ({ pageParam, signal }) =>
      server.call("listSnapshots", { params: { deviceId }, query: { after: pageParam, limit: 50 } }, signal),
    initialPageParam: firstPage,
    getNextPageParam: nextPage,
  });
}

export function certificatesQuery(deviceId: string) {
  return queryOptions({
    queryKey: keys.certificates(deviceId),
    queryFn: ({ signal }) => server.call("listCertificates", { params: { deviceId } }, signal),
  });
}

/** As it was signed, so it never changes. */
export function certificateQuery(certificateId: string) {
  return queryOptions({
    queryKey: ["certificate", certificateId],
    queryFn: ({ signal }) => server.call("getCertificate", { params: { certificateId } }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export type Organisation = CallOutput<"listOrganisations">["items"][number];
export type Device = CallOutput<"getDevice">;
export type Run = CallOutput<"getRun">;
export type RunLogLine = CallOutput<"getRunLog">["lines"][number];
export type Snapshot = CallOutput<"listSnapshots">["items"][number];
export type SignedCertificate = CallOutput<"getCertificate">;
export type PlanProposal = CallOutput<"proposePlan">;
