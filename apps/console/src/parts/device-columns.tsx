import { minuteMs } from "@holdfast/base";
import { Link } from "@tanstack/react-router";
import type { Device } from "../api/queries.ts";
import { formatAge, formatMinute, formatObjective } from "../format.ts";
import { rowLink, type Column } from "./data-table.tsx";
import { Icon } from "./icon.tsx";
import { Inert } from "./inert.tsx";
import { Mark } from "./mark.tsx";
import { Meter } from "./meter.tsx";
import { RunProgressLine } from "./run-progress.tsx";
import { drillLooks, protectionLooks } from "./state-looks.ts";
import { useNowMs } from "./use-now.ts";
import { When } from "./when.tsx";
import classes from "./device-columns.module.css";

const device: Column<Device> = {
  name: "Device",
  wide: true,
  heads: true,
  cell: (row) => (
    <span className={classes["device"]}>
      <Link to="/devices/$deviceId" params={{ deviceId: row.deviceId }} {...rowLink}>
        <Inert text={row.name} />
      </Link>
      {row.protection.state !== "protected" && <span className={classes["because"]}>{row.protection.because}</span>}
    </span>
  ),
};

const client: Column<Device> = {
  name: "Client",
  cell: (row) => (
    <Link to="/clients/$organisationId" params={{ organisationId: row.organisationId }}>
      <Inert text={row.organisationName} />
    </Link>
  ),
};

const protection: Column<Device> = {
  name: "Protection",
  cell: (row) => <Mark look={protectionLooks[row.protection.state]} />,
};

const newest: Column<Device> = { name: "Newest good backup", cell: (row) => <NewestGood device={row} /> };

const now: Column<Device> = {
  name: "Now",
  cell: (row) => (row.activeRun ? <RunProgressLine run={row.activeRun} /> : <Connection device={row} />),
};

const drill: Column<Device> = {
  name: "Last drill",
  cell: (row) =>
    row.lastDrill ? (
      <Link
        to="/certificates/$certificateId"
        params={{ certificateId: row.lastDrill.certificateId }}
        className={classes["drill"]}
      >
        <Mark look={drillLooks[row.lastDrill.passed ? "passed" : "failed"]} />
        <span className="hf-small">
          <When at={row.lastDrill.at} />
        </span>
      </Link>
    ) : (
      <span className="hf-muted">none yet</span>
    ),
};

/** Devices of all clients. */
export const fleetColumns: readonly Column<Device>[] = [protection, device, client, newest, drill, now];
/** Devices of one client. */
export const clientDeviceColumns: readonly Column<Device>[] = [protection, device, newest, drill, now];

/** The age of the newest good backup beside its objective. */
function NewestGood({ device: row }: { device: Device }) {
  const nowMs = useNowMs(minuteMs / 2);
  const { newestGoodAt, rpoMinutes } = row.protection;
  if (newestGoodAt === null) return <span className="hf-muted">none yet</span>;
  const ageMs = Math.max(0, nowMs - Date.parse(newestGoodAt));
  return (
    <span className={classes["age"]} title={formatMinute(newestGoodAt)}>
      <span className="hf-nowrap">
        {formatAge(ageMs)}
        {rpoMinutes !== null && <span className="hf-muted"> of {formatObjective(rpoMinutes)}</span>}
      </span>
      {rpoMinutes !== null && (
        <Meter
          attained={ageMs}
          objective={rpoMinutes * minuteMs}
          format={formatAge}
          label={`Age of the newest good backup of ${row.name}`}
        />
      )}
    </span>
  );
}

/** Whether the device's agent is on the line, and since when not. */
export function Connection({ device: { connected, lastSeenAt } }: { device: Device }) {
  if (connected)
    return (
      <span className={classes["connection"]}>
        <Icon name="plug" size={14} /> Connected
      </span>
    );
  return (
    <span className={classes["connection"]} data-off>
      <Icon name="unplugged" size={14} />
      <span>
        Not connected
        {lastSeenAt && (
          <>
            , seen <When at={lastSeenAt} />
          </>
        )}
      </span>
    </span>
  );
}
