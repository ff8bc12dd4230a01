import { count, formatBytes } from "@holdfast/base";
import type { Device } from "../api/queries.ts";
import { Inert } from "./inert.tsx";
import { Facts, Panel } from "./panel.tsx";
import { When } from "./when.tsx";

/** What the device's agent says of its machine. */
export function Machine({ device: { inventory, enrolledAt } }: { device: Device }) {
  return (
    <Panel title="Machine">
      <Facts
        dense
        facts={[
          ...(inventory === null
            ? []
            : ([
                ["Host name", <Inert key="host" text={inventory.hostname} />],
                ["System", <Inert key="os" text={`${inventory.osName}, ${inventory.architecture}`} />],
                [
                  "Memory and processors",
                  `${formatBytes(inventory.memoryBytes)}, ${count(inventory.cpus, "processor")}`,
                ],
                ["Agent", <Inert key="agent" text={inventory.agentVersion} />],
              ] as const)),
          ["Enrolled", <When key="enrolled" at={enrolledAt} as="minute" />],
        ]}
      />
    </Panel>
  );
}
