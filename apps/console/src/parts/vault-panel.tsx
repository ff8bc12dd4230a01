import { count } from "@holdfast/base";
import type { Device } from "../api/queries.ts";
import { CopyText } from "./copy-text.tsx";
import { Empty } from "./empty.tsx";
import { Inert } from "./inert.tsx";
import { Mark } from "./mark.tsx";
import { Facts, Panel } from "./panel.tsx";
import { When } from "./when.tsx";

/** Where the device's backups lie, who can open them, and where else they lie. */
export function VaultPanel({ device: { vault } }: { device: Device }) {
  if (vault === null)
    return (
      <Panel title="Vault and copies">
        <Empty icon="lock" title="No vault yet">
          <p>
            The device makes its vault, and the password only it and the keeper can open, when protection is set up.
          </p>
        </Empty>
      </Panel>
    );
  return (
    <Panel
      title={
        <>
          Vault: <Inert text={vault.name} />
        </>
      }
      actions={
        vault.state === "ready" ? (
          <Mark look={{ tone: "good", icon: "check", word: "Ready" }} />
        ) : (
          <Mark look={{ tone: "busy", icon: "hourglass", word: "Being made" }} />
        )
      }
    >
      <Facts
        dense
        facts={[
          ["Repository", <CopyText key="url" text={vault.repositoryUrl} label="the repository's address" />, "wide"],
          ["Key", "sealed to the keeper; this server cannot open it", "wide"],
          ...vault.copies.map(
            (copy) =>
              [
                `Copy: ${copy.place}`,
                copy.newestAt === null ? (
                  <span key="nothing" className="hf-muted">
                    nothing copied yet
                  </span>
                ) : (
                  <span key="newest">
                    {count(copy.snapshots, "snapshot")}, newest <When at={copy.newestAt} />
                  </span>
                ),
              ] as const,
          ),
          vault.copies.length === 0
            ? [
                "Copies",
                <span key="none" className="hf-muted">
                  none in the plan
                </span>,
              ]
            : undefined,
          ["Made", <When key="made" at={vault.createdAt} as="minute" />],
        ]}
      />
    </Panel>
  );
}
