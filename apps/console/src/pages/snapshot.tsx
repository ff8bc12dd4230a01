import { formatBytes } from "@holdfast/base";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { deviceQuery, itemsOf, snapshotsQuery } from "../api/queries.ts";
import { formatCount, formatInstant, formatMinute, shortId } from "../format.ts";
import { FolderList } from "../parts/folder-list.tsx";
import { FolderTrail } from "../parts/folder-trail.tsx";
import { Inert } from "../parts/inert.tsx";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";

/** The folders of one snapshot, and any file of it for download. */
export function SnapshotPage() {
  const { deviceId, snapshotId } = useParams({ from: "/inside/devices/$deviceId/snapshots/$snapshotId" });
  const { path = "" } = useSearch({ from: "/inside/devices/$deviceId/snapshots/$snapshotId" });
  const device = useQuery(deviceQuery(deviceId));
  const snapshots = useInfiniteQuery(snapshotsQuery(deviceId));
  const snapshot = itemsOf(snapshots.data)?.find((item) => item.snapshotId === snapshotId);
  return (
    <Page
      title={snapshot ? `Snapshot of ${formatMinute(snapshot.takenAt)}` : `Snapshot ${shortId(snapshotId)}`}
      trail={[
        <Link key="devices" to="/">
          Devices
        </Link>,
        <Link key="device" to="/devices/$deviceId" params={{ deviceId }}>
          <Inert text={device.data?.name ?? "The device"} />
        </Link>,
      ]}
      lead={
        <>
          <code title={snapshotId}>{shortId(snapshotId)}</code>
          {snapshot && (
            <>
              {" "}
              · {formatCount(snapshot.totalFiles)} files, {formatBytes(snapshot.totalBytes)} · taken{" "}
              <time dateTime={snapshot.takenAt}>{formatInstant(snapshot.takenAt)}</time>
            </>
          )}
        </>
      }
    >
      <Panel title={<FolderTrail deviceId={deviceId} snapshotId={snapshotId} path={path} />} flush>
        <FolderList place={{ deviceId, snapshotId, path }} />
      </Panel>
      <p className="hf-small hf-muted">
        The keeper opens the vault and seals names and contents to this browser; the server passes them on and cannot
        read them.
      </p>
    </Page>
  );
}
