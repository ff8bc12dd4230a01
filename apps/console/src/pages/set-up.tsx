import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { deviceQuery, type Device } from "../api/queries.ts";
import { Inert } from "../parts/inert.tsx";
import { LoadedPage } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { SetUpForm } from "../parts/set-up-form.tsx";
import { SetUpProposal } from "../parts/set-up-proposal.tsx";
import { SetUpRuns } from "../parts/set-up-runs.tsx";
import { useSetUp } from "../api/use-set-up.ts";

/** From nothing to a bound plan: say what matters, let the device be measured, read the proposal, bind it. */
export function SetUpPage() {
  const { deviceId } = useParams({ from: "/inside/devices/$deviceId/set-up" });
  const query = useQuery(deviceQuery(deviceId));
  return <LoadedPage query={query}>{(device) => <SetUp key={device.deviceId} device={device} />}</LoadedPage>;
}

function SetUp({ device }: { device: Device }) {
  const setUp = useSetUp(device);
  return (
    <Page
      narrow
      title={device.plan === null ? "Set up protection" : "Change the plan"}
      trail={[
        <Link key="devices" to="/">
          Devices
        </Link>,
        <Link key="device" to="/devices/$deviceId" params={{ deviceId: device.deviceId }}>
          <Inert text={device.name} />
        </Link>,
      ]}
      lead="The plan follows from what the device measures, not from a guess; nothing is backed up until you bind it."
    >
      <SetUpForm device={device} setUp={setUp} />
      <SetUpRuns device={device} setUp={setUp} />
      <SetUpProposal device={device} setUp={setUp} />
    </Page>
  );
}
