import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { certificatesQuery, deviceQuery, itemsOf, runsQuery, type Device } from "../api/queries.ts";
import { isOver } from "../api/run-states.ts";
import { useStartRun } from "../api/use-start-run.ts";
import { ActiveRun } from "../parts/active-run.tsx";
import { DeviceActions, StartFailure } from "../parts/device-actions.tsx";
import { Connection } from "../parts/device-columns.tsx";
import { DeviceDrills } from "../parts/device-drills.tsx";
import { DeviceRuns } from "../parts/device-runs.tsx";
import { DeviceSnapshots } from "../parts/device-snapshots.tsx";
import { Inert } from "../parts/inert.tsx";
import { LoadedPage } from "../parts/loaded.tsx";
import { Machine } from "../parts/machine.tsx";
import { Page } from "../parts/page.tsx";
import { PlanPanel } from "../parts/plan-panel.tsx";
import { Protection } from "../parts/protection.tsx";
import { VaultPanel } from "../parts/vault-panel.tsx";
import classes from "./device.module.css";

/** One device: whether it is protected and why, what happens now, and everything one may need to restore from it. */
export function DevicePage() {
  const { deviceId } = useParams({ from: "/inside/devices/$deviceId" });
  const query = useQuery(deviceQuery(deviceId));
  return <LoadedPage query={query}>{(device) => <DeviceView key={device.deviceId} device={device} />}</LoadedPage>;
}

function DeviceView({ device }: { device: Device }) {
  const runs = useInfiniteQuery(runsQuery(device.deviceId));
  const certificates = useQuery(certificatesQuery(device.deviceId));
  const start = useStartRun(device.deviceId);
  const active = itemsOf(runs.data)?.filter((run) => !isOver(run)) ?? [];
  return (
    <Page
      title={device.name}
      trail={[
        <Link key="clients" to="/clients">
          Clients
        </Link>,
        <Link key="client" to="/clients/$organisationId" params={{ organisationId: device.organisationId }}>
          <Inert text={device.organisationName} />
        </Link>,
      ]}
      lead={<Connection device={device} />}
      actions={<DeviceActions device={device} start={start} />}
    >
      <StartFailure start={start} />
      <Protection device={device} newestCertificate={certificates.data?.items[0]} />
      {active.map((run) => (
        <ActiveRun key={run.runId} run={run} />
      ))}
      <div className={classes["columns"]}>
        <div className="hf-stack">
          <DeviceSnapshots device={device} />
          <DeviceRuns query={runs} />
          <DeviceDrills query={certificates} />
        </div>
        <div className="hf-stack">
          <PlanPanel device={device} />
          <VaultPanel device={device} />
          <Machine device={device} />
        </div>
      </div>
    </Page>
  );
}
