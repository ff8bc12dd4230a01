import { skipToken, useMutation, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import type { Objectives } from "@holdfast/domain";
import { keys, runQuery, type Device, type PlanProposal, type Run } from "./queries.ts";
import { server } from "./server.ts";

/** What a person says matters. */
export interface Wish {
  readonly paths: readonly string[];
  readonly objectives: Objectives;
}

interface Begun {
  readonly wish: Wish;
  readonly assessmentRunId: string;
  /** Absent when the device has its vault already. */
  readonly vaultRunId: string | undefined;
}

/** The steps from a wish to a proposal, each done by the device or the server, none guessed here. */
export interface SetUp {
  readonly begin: (wish: Wish) => void;
  readonly beginning: boolean;
  readonly beginError: unknown;
  readonly wish: Wish | undefined;
  readonly assessment: Run | undefined;
  readonly vaultRun: Run | undefined;
  readonly proposal: UseQueryResult<PlanProposal>;
}

/** The name of a device's vault when nobody chooses one. */
const vaultName = "main";

export function useSetUp(device: Device): SetUp {
  const { deviceId } = device;
  const cache = useQueryClient();
  const [begun, setBegun] = useState<Begun>();
  const starting = useMutation({
    mutationFn: async (wish: Wish): Promise<Begun> => {
      const { runId } = await server.call("createRun", {
        params: { deviceId },
        body: { kind: "assess", paths: [...wish.paths] },
      });
      const vaultRunId =
        device.vault === null
          ? (await server.call("createVault", { params: { deviceId }, body: { name: vaultName } })).run.runId
          : undefined;
      return { wish, assessmentRunId: runId, vaultRunId };
    },
    onSuccess: async (made) => {
      setBegun(made);
      await cache.invalidateQueries({ queryKey: keys.device(deviceId) });
    },
  });
  const assessment = useRunOf(begun?.assessmentRunId);
  const vaultRun = useRunOf(begun?.vaultRunId);
  const measured = assessment?.state === "succeeded" || assessment?.state === "warning";
  const proposal = useQuery({
    queryKey: ["proposal", deviceId, begun?.assessmentRunId],
    queryFn: begun !== undefined && measured ? ({ signal }) => propose(deviceId, begun.wish, signal) : skipToken,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  return {
    begin: starting.mutate,
    beginning: starting.isPending,
    beginError: starting.error,
    wish: begun?.wish,
    assessment,
    vaultRun,
    proposal,
  };
}

/** The plan that follows from the newest assessment of these paths. */
function propose(deviceId: string, { paths, objectives }: Wish, signal: AbortSignal): Promise<PlanProposal> {
  const body = { objectives: { ...objectives }, paths: [...paths] };
  return server.call("proposePlan", { params: { deviceId }, body }, signal);
}

/** A run that is kept true by events. */
function useRunOf(runId: string | undefined): Run | undefined {
  return useQuery({ ...runQuery(runId ?? ""), enabled: runId !== undefined }).data;
}
