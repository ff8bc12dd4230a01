import { Button, Menu } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Device } from "../api/queries.ts";
import { useStartRun } from "../api/use-start-run.ts";
import { Failure } from "./failure.tsx";
import { Icon } from "./icon.tsx";

/** What can be asked of a device now; without a plan, that is only to make one. */
export function DeviceActions({ device, start }: { device: Device; start: ReturnType<typeof useStartRun> }) {
  const { plan, vault, deviceId } = device;
  if (plan === null)
    return (
      <Button component={Link} to={`/devices/${deviceId}/set-up`} leftSection={<Icon name="shield" />}>
        Set up protection
      </Button>
    );
  const { planId } = plan;
  const pending = (kind: string) => start.isPending && start.variables.kind === kind;
  return (
    <>
      {vault !== null && vault.copies.length > 0 && (
        <Button
          variant="default"
          leftSection={<Icon name="copy" />}
          loading={pending("replicate")}
          onClick={() => start.mutate({ kind: "replicate", planId })}
        >
          Replicate now
        </Button>
      )}
      <Button
        variant="default"
        leftSection={<Icon name="lifebuoy" />}
        loading={pending("drill")}
        onClick={() => start.mutate({ kind: "drill", planId })}
      >
        Drill now
      </Button>
      <Menu>
        <Menu.Target>
          <Button
            leftSection={<Icon name="play" />}
            rightSection={<Icon name="chevron-down" size={14} />}
            loading={pending("backup")}
          >
            Back up now
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => start.mutate({ kind: "backup", planId, technology: "incremental" })}>
            Incremental
            <div className="hf-small hf-muted">Reads what changed since the last snapshot</div>
          </Menu.Item>
          <Menu.Item onClick={() => start.mutate({ kind: "backup", planId, technology: "full" })}>
            Full
            <div className="hf-small hf-muted">Reads every byte again, trusting nothing from before</div>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

/** Why the last thing asked for did not start. */
export function StartFailure({ start }: { start: ReturnType<typeof useStartRun> }) {
  return start.isError ? <Failure error={start.error} /> : null;
}
