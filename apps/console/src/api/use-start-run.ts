import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { CallInput } from "@holdfast/client";
import { keys, type Run } from "./queries.ts";
import { server } from "./server.ts";

type NewRun = CallInput<"createRun">["body"];

/** Asks for a run of a device now; the lists that will show it are asked again. */
export function useStartRun(deviceId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: NewRun) => server.call("createRun", { params: { deviceId }, body }),
    onSuccess: (run) => showRun(cache, run),
  });
}

/** Asks for the end of a run; it is over when its device or keeper has said so. */
export function useCancelRun(runId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => server.call("cancelRun", { params: { runId } }),
    onSuccess: (run) => showRun(cache, run),
  });
}

async function showRun(cache: ReturnType<typeof useQueryClient>, run: Run): Promise<void> {
  cache.setQueryData(keys.run(run.runId), run);
  await Promise.all(
    [keys.runs, keys.device(run.deviceId), keys.devices].map((queryKey) => cache.invalidateQueries({ queryKey })),
  );
}
