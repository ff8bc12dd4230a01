import { formatBytes } from "@holdfast/base";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { itemsOf, snapshotsQuery, type Device, type Snapshot } from "../api/queries.ts";
import { formatCount, formatMinute, shortId } from "../format.ts";
import { rowLink, type Column } from "./data-table.tsx";
import { Empty } from "./empty.tsx";
import { Inert } from "./inert.tsx";
import { MoreRows } from "./loaded.tsx";
import { Mark } from "./mark.tsx";
import { Panel } from "./panel.tsx";
import { QueryTable } from "./query-table.tsx";
import { Shortened } from "./shortened.tsx";
import { When } from "./when.tsx";

const columns: readonly Column<Snapshot>[] = [
  {
    name: "Taken",
    heads: true,
    cell: ({ deviceId, snapshotId, takenAt }) => (
      <Link to="/devices/$deviceId/snapshots/$snapshotId" params={{ deviceId, snapshotId }} {...rowLink}>
        <time dateTime={takenAt} className="hf-nowrap">
          {formatMinute(takenAt)}
        </time>
      </Link>
    ),
  },
  {
    name: "Snapshot",
    cell: ({ snapshotId, technology }) => (
      <span className="hf-nowrap">
        <code title={snapshotId}>{shortId(snapshotId)}</code>{" "}
        <span className="hf-small hf-muted">{technology === "full" ? "full" : "incremental"}</span>
      </span>
    ),
  },
  { name: "Files", align: "end", cell: ({ totalFiles }) => formatCount(totalFiles) },
  {
    name: "Size",
    align: "end",
    cell: ({ totalBytes }) => <span className="hf-nowrap">{formatBytes(totalBytes)}</span>,
  },
  {
    name: "Stored anew",
    align: "end",
    cell: ({ storedBytes, addedBytes }) => (
      <span className="hf-nowrap" title={`${formatBytes(addedBytes)} before compression and encryption`}>
        {formatBytes(storedBytes)}
      </span>
    ),
  },
  {
    name: "Copies",
    cell: ({ copiedTo }) =>
      copiedTo.length === 0 ? <span className="hf-muted">–</span> : <Inert text={copiedTo.join(", ")} />,
  },
  {
    name: "Proved",
    cell: ({ drilledAt, complete }) =>
      complete ? (
        drilledAt === null ? (
          <span className="hf-muted">not drilled</span>
        ) : (
          <span className="hf-nowrap">
            restored <When at={drilledAt} />
          </span>
        )
      ) : (
        <Mark look={{ tone: "warn", icon: "warning", word: "Incomplete" }} />
      ),
  },
];

/** What can be restored, newest first; each leads into its folders. */
export function DeviceSnapshots({ device }: { device: Device }) {
  const query = useInfiniteQuery(snapshotsQuery(device.deviceId));
  return (
    <Panel title="Snapshots" flush>
      <Shortened rows={itemsOf(query.data)} first={6} what="snapshots">
        {(rows, all) => (
          <>
            <QueryTable
              query={query}
              caption="Snapshots of this device, newest first"
              columns={columns}
              rows={rows}
              keyOf={(snapshot) => snapshot.snapshotId}
              empty={
                <Empty icon="folder" title="No snapshot yet">
                  <p>
                    Each backup that succeeds leaves one. Every snapshot is complete in itself: you open it here and
                    take a file out, whichever way it was made.
                  </p>
                </Empty>
              }
            />
            {all && <MoreRows query={query} what="snapshots" />}
          </>
        )}
      </Shortened>
    </Panel>
  );
}
