import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { keys, type Device, type PlanProposal } from "../api/queries.ts";
import { server } from "../api/server.ts";
import { Failure } from "./failure.tsx";
import { Inert } from "./inert.tsx";
import { Bones, Loaded } from "./loaded.tsx";
import { Note } from "./mark.tsx";
import { Panel } from "./panel.tsx";
import { PlanExpected, PlanSpecView } from "./plan-panel.tsx";
import type { SetUp } from "../api/use-set-up.ts";
import classes from "./plan-panel.module.css";

/** What follows from the measurement, with the reason for each choice; binding it is the person's decision. */
export function SetUpProposal({ device, setUp }: { device: Device; setUp: SetUp }) {
  if (setUp.proposal.isPending && setUp.proposal.fetchStatus === "idle") return null;
  return (
    <Panel title="3. The plan that follows">
      <Loaded query={setUp.proposal} skeleton={<Bones lines={6} />}>
        {(proposal) => <Proposal device={device} proposal={proposal} />}
      </Loaded>
    </Panel>
  );
}

function Proposal({ device, proposal }: { device: Device; proposal: PlanProposal }) {
  const { deviceId, vault } = device;
  const cache = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(device.plan?.name ?? "Standard");
  const binding = useMutation({
    mutationFn: (vaultId: string) =>
      server.call("bindPlan", { params: { deviceId }, body: { name, vaultId, proposal } }),
    onSuccess: async () => {
      await Promise.all(
        [keys.device(deviceId), keys.devices, keys.organisations].map((queryKey) =>
          cache.invalidateQueries({ queryKey }),
        ),
      );
      await navigate({ to: "/devices/$deviceId", params: { deviceId } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (vault !== null) binding.mutate(vault.vaultId);
  };
  return (
    <form className="hf-stack" onSubmit={submit}>
      <PlanSpecView spec={proposal.spec} />
      <ul className={classes["choices"]}>
        {proposal.reasons.map(({ choice, because }) => (
          <li key={choice}>
            <strong>
              <Inert text={choice} />
            </strong>
            <span className="hf-muted">
              <Inert text={because} />
            </span>
          </li>
        ))}
      </ul>
      <h3>What to expect</h3>
      <PlanExpected expected={proposal.expected} />
      <TextInput
        label="Name of the plan"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={200}
        required
        style={{ maxInlineSize: 320 }}
      />
      {binding.isError && <Failure error={binding.error} />}
      {vault?.state !== "ready" && (
        <Note tone="busy" icon="hourglass">
          <p>The vault is being made by the device; the plan can be bound as soon as it is ready.</p>
        </Note>
      )}
      <div>
        <Button type="submit" loading={binding.isPending} disabled={vault?.state !== "ready"}>
          Bind this plan
        </Button>
      </div>
    </form>
  );
}
