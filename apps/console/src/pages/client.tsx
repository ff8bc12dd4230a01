import { Button } from "@mantine/core";
import { count } from "@holdfast/base";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { devicesQuery, itemsOf, organisationsQuery, type Organisation } from "../api/queries.ts";
import { clientDeviceColumns } from "../parts/device-columns.tsx";
import { Empty } from "../parts/empty.tsx";
import { EnrolDevice } from "../parts/enrol-device.tsx";
import { Icon } from "../parts/icon.tsx";
import { LoadedPage, MoreRows } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { QueryTable } from "../parts/query-table.tsx";
import { NotFound } from "./not-found.tsx";

/** One client and its devices. */
export function ClientPage() {
  const { organisationId } = useParams({ from: "/inside/clients/$organisationId" });
  const organisations = useQuery(organisationsQuery);
  return (
    <LoadedPage query={organisations}>
      {({ items }) => {
        const client = items.find((item) => item.organisationId === organisationId);
        return client ? <Client client={client} /> : <NotFound />;
      }}
    </LoadedPage>
  );
}

function Client({ client }: { client: Organisation }) {
  const query = useInfiniteQuery(devicesQuery(client.organisationId));
  const [enrolling, setEnrolling] = useState(false);
  const enrolButton = (
    <Button leftSection={<Icon name="plus" />} onClick={() => setEnrolling(true)}>
      Enrol a device
    </Button>
  );
  const { total, needAttention } = client.devices;
  return (
    <Page
      title={client.name}
      trail={[
        <Link key="clients" to="/clients">
          Clients
        </Link>,
      ]}
      lead={
        total > 0 &&
        `${count(total, "device")}, ${needAttention === 0 ? "none needs you now." : `${needAttention} need you.`}`
      }
      actions={enrolButton}
    >
      <Panel title="Devices, worst protection first" flush>
        <QueryTable
          query={query}
          caption={`Devices of ${client.name}, worst protection first`}
          columns={clientDeviceColumns}
          rows={itemsOf(query.data)}
          keyOf={(device) => device.deviceId}
          empty={
            <Empty icon="device" title="No device of this client is enrolled yet">
              <p>
                Enrolling takes one command on the device. It makes its own key there; nothing of it leaves the device
                but a request for a certificate.
              </p>
              <Button variant="default" onClick={() => setEnrolling(true)}>
                Make an enrolment command
              </Button>
            </Empty>
          }
        />
        <MoreRows query={query} what="devices" />
      </Panel>
      <EnrolDevice client={client} opened={enrolling} onClose={() => setEnrolling(false)} />
    </Page>
  );
}
