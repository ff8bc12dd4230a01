import { Button } from "@mantine/core";
import { count } from "@holdfast/base";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { protectionStates } from "@holdfast/domain";
import { devicesQuery, itemsOf, organisationsQuery, type Device, type Organisation } from "../api/queries.ts";
import { idsBelow, worstProtection } from "../organisation-tree.ts";
import { AddClient } from "../parts/add-client.tsx";
import { rowLink, type Column } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { Inert } from "../parts/inert.tsx";
import { Mark } from "../parts/mark.tsx";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { QueryTable } from "../parts/query-table.tsx";
import { protectionLooks } from "../parts/state-looks.ts";
import { When } from "../parts/when.tsx";

interface ClientRow {
  readonly client: Organisation;
  readonly worst: Device["protection"]["state"] | undefined;
}

const columns: readonly Column<ClientRow>[] = [
  { name: "Worst protection", cell: ({ client, worst }) => <Worst client={client} worst={worst} /> },
  {
    name: "Client",
    wide: true,
    heads: true,
    cell: ({ client }) => (
      <Link to="/clients/$organisationId" params={{ organisationId: client.organisationId }} {...rowLink}>
        <Inert text={client.name} />
      </Link>
    ),
  },
  { name: "Devices", align: "end", cell: ({ client }) => client.devices.total },
  { name: "Protected", align: "end", cell: ({ client }) => client.devices.protected },
  { name: "Need attention", align: "end", cell: ({ client }) => client.devices.needAttention },
  { name: "Since", cell: ({ client }) => <When at={client.createdAt} as="minute" /> },
];

/** Whose devices are looked after, the worst off first. */
export function ClientsPage() {
  const organisations = useQuery(organisationsQuery);
  const devices = useInfiniteQuery(devicesQuery());
  const [adding, setAdding] = useState(false);
  const rows = organisations.data && rowsOf(organisations.data.items, itemsOf(devices.data) ?? []);
  const addButton = (
    <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
      Add a client
    </Button>
  );
  return (
    <Page title="Clients" lead={rows && rows.length > 0 && count(rows.length, "client")} actions={addButton}>
      <Panel title="Worst off first" flush>
        <QueryTable
          query={organisations}
          caption="Clients, worst off first"
          columns={columns}
          rows={rows}
          keyOf={({ client }) => client.organisationId}
          empty={
            <Empty icon="building" title="No client yet">
              <p>A client is whose devices you look after. Add one, then enrol its devices from its page.</p>
            </Empty>
          }
        />
      </Panel>
      <AddClient opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}

function Worst({ client, worst }: ClientRow) {
  if (client.devices.total === 0) return <span className="hf-muted">no devices yet</span>;
  if (worst !== undefined) return <Mark look={protectionLooks[worst]} />;
  // Its devices lie behind the pages fetched so far, so only the counts are known.
  return client.devices.needAttention > 0 ? (
    <Mark look={{ ...protectionLooks.late, word: "Needs attention" }} />
  ) : (
    <Mark look={protectionLooks.protected} />
  );
}

function rowsOf(organisations: readonly Organisation[], devices: readonly Device[]): readonly ClientRow[] {
  const rank = ({ worst, client }: ClientRow) =>
    worst !== undefined
      ? protectionStates.indexOf(worst)
      : client.devices.needAttention > 0
        ? 0
        : protectionStates.length;
  return organisations
    .filter((organisation) => organisation.kind === "client")
    .map((client) => ({ client, worst: worstProtection(devices, idsBelow(organisations, client.organisationId)) }))
    .sort((left, right) => rank(left) - rank(right) || left.client.name.localeCompare(right.client.name));
}
