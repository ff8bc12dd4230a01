import { Button, Modal, SegmentedControl } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Organisation } from "../api/queries.ts";
import { server } from "../api/server.ts";
import { enrolCommand, isLoopbackUrl } from "../enrol-command.ts";
import { CopyText } from "./copy-text.tsx";
import { Failure } from "./failure.tsx";
import { Inert } from "./inert.tsx";
import { Note } from "./mark.tsx";
import { When } from "./when.tsx";

interface EnrolDeviceProps {
  readonly client: Organisation;
  readonly opened: boolean;
  readonly onClose: () => void;
}

const lifetimes = [
  { label: "1 hour", value: "60" },
  { label: "1 day", value: "1440" },
  { label: "7 days", value: "10080" },
];

/** Makes a one-time token and shows the command that uses it; the token is shown this once and kept nowhere. */
export function EnrolDevice({ client, opened, onClose }: EnrolDeviceProps) {
  const [minutes, setMinutes] = useState("60");
  const making = useMutation({
    mutationFn: () =>
      server.call("createEnrolmentToken", {
        body: {
          kind: "device",
          organisationId: client.organisationId,
          expiresInMinutes: Number(minutes),
          uses: 1,
        },
      }),
  });
  const close = () => {
    making.reset();
    onClose();
  };
  const made = making.data;
  return (
    <Modal
      opened={opened}
      onClose={close}
      size="lg"
      title={
        <>
          Enrol a device of <Inert text={client.name} />
        </>
      }
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {made === undefined ? (
        <div className="hf-stack">
          <p>
            One command on the device makes its key there, proves it with a one-time token and starts the agent. How
            long shall the token be good for?
          </p>
          <SegmentedControl aria-label="The token is good for" value={minutes} onChange={setMinutes} data={lifetimes} />
          {making.isError && <Failure error={making.error} />}
          <div className="hf-row" style={{ justifyContent: "flex-end" }}>
            <Button variant="default" onClick={close}>
              Not now
            </Button>
            <Button loading={making.isPending} onClick={() => making.mutate()} data-autofocus>
              Make the command
            </Button>
          </div>
        </div>
      ) : (
        <div className="hf-stack">
          <p>Run this on the device, where Holdfast is installed, as the user who may read what is to be backed up:</p>
          <CopyText text={enrolCommand(made)} label="the command" block />
          <Note tone="warn" icon="lock">
            <p>
              The token in it enrols one device and is shown only now. It ends <When at={made.expiresAt} as="exact" />.
            </p>
          </Note>
          {isLoopbackUrl(made.serverUrl) && (
            <Note tone="busy" icon="plug">
              <p>
                Agents reach this server at <code>{made.serverUrl}</code>, which only its own machine can. For other
                machines, start the server with <code>HOLDFAST_AGENT_HOST</code> and <code>HOLDFAST_NAMES</code> set to
                an address they reach.
              </p>
            </Note>
          )}
          <p className="hf-muted">The device appears in this client's list as soon as it has enrolled.</p>
          <div className="hf-row" style={{ justifyContent: "flex-end" }}>
            <Button onClick={close}>Done</Button>
          </div>
        </div>
      )}
    </Modal>
  );
}
