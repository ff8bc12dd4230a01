import { TextInput } from "@mantine/core";
import { count } from "@holdfast/base";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { protectionStates } from "@holdfast/domain";
import { devicesQuery, itemsOf, type Device } from "../api/queries.ts";
import { fleetColumns } from "../parts/device-columns.tsx";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { MoreRows } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { QueryTable } from "../parts/query-table.tsx";
import { protectionLooks } from "../parts/state-looks.ts";
import classes from "./devices.module.css";

type State = Device["protection"]["state"];

/** The page a technician opens at night: every device, worst first, and how many stand how. */
export function DevicesPage() {
  const query = useInfiniteQuery(devicesQuery());
  const [state, setState] = useState<State>();
  const [words, setWords] = useState("");
  const devices = itemsOf(query.data);
  const shown = devices?.filter(
    (device) => (state === undefined || device.protection.state === state) && holdsWords(device, words),
  );
  return (
    <Page title="Devices" lead={devices && leadOf(devices, query.hasNextPage)}>
      <StateFilter devices={devices} chosen={state} onChoose={setState} />
      <Panel
        title={state === undefined ? "Worst protection first" : protectionLooks[state].word}
        flush
        actions={
          <TextInput
            aria-label="Find by device or client"
            placeholder="Device or client"
            leftSection={<Icon name="search" size={15} />}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
        }
      >
        <QueryTable
          query={query}
          caption="Devices, worst protection first"
          columns={fleetColumns}
          rows={shown}
          keyOf={(device) => device.deviceId}
          empty={devices?.length ? <NothingFound /> : <NoDevices />}
        />
        <MoreRows query={query} what="devices" />
      </Panel>
    </Page>
  );
}

/** How many devices stand how; pressing one shows only those. */
function StateFilter(props: {
  devices: readonly Device[] | undefined;
  chosen: State | undefined;
  onChoose: (state: State | undefined) => void;
}) {
  const { devices, chosen, onChoose } = props;
  return (
    <fieldset className={classes["states"]}>
      <legend className="hf-hidden">Show devices by protection</legend>
      {protectionStates.map((state) => {
        const look = protectionLooks[state];
        const number = devices?.filter((device) => device.protection.state === state).length;
        return (
          <button
            key={state}
            type="button"
            className={classes["state"]}
            data-tone={look.tone}
            data-none={number === 0 || undefined}
            aria-pressed={chosen === state}
            onClick={() => onChoose(chosen === state ? undefined : state)}
          >
            <Icon name={look.icon} size={20} />
            <span className={classes["number"]}>{number ?? "–"}</span>
            <span>{look.word}</span>
          </button>
        );
      })}
    </fieldset>
  );
}

function NoDevices() {
  return (
    <Empty icon="device" title="No device is enrolled yet">
      <p>
        A device is enrolled from its client's page: you make a one-time token there and run one command on the device.
        It then appears here, connected, and waits for its plan.
      </p>
      <Link to="/clients">To the clients</Link>
    </Empty>
  );
}

function NothingFound() {
  return (
    <Empty icon="search" title="No device fits">
      <p>Of the devices shown here, none has this state and these words in its name or its client's.</p>
    </Empty>
  );
}

function holdsWords(device: Device, words: string): boolean {
  const text = `${device.name} ${device.organisationName}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function leadOf(devices: readonly Device[], more: boolean): string {
  const attention = devices.filter((device) =>
    ["unprotected", "failing", "late"].includes(device.protection.state),
  ).length;
  const all = `${count(devices.length, "device")}${more ? " (the worst; there are more)" : ""}`;
  if (devices.length === 0) return "";
  return attention === 0
    ? `${all}, none needs you now.`
    : `${all}, ${attention} ${attention === 1 ? "needs" : "need"} you.`;
}
