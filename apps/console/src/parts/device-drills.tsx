import { formatDuration, secondMs } from "@holdfast/base";
import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { CallOutput } from "@holdfast/client";
import type { SignedCertificate } from "../api/queries.ts";
import { formatCount, shortId } from "../format.ts";
import { rowLink, type Column } from "./data-table.tsx";
import { Empty } from "./empty.tsx";
import { Mark } from "./mark.tsx";
import { Panel } from "./panel.tsx";
import { QueryTable } from "./query-table.tsx";
import { Shortened } from "./shortened.tsx";
import { drillLooks } from "./state-looks.ts";
import { When } from "./when.tsx";

const columns: readonly Column<SignedCertificate>[] = [
  { name: "Result", cell: ({ body }) => <Mark look={drillLooks[body.result]} /> },
  {
    name: "Certificate",
    heads: true,
    cell: ({ body: { certificateId, issuedAt } }) => (
      <Link to="/certificates/$certificateId" params={{ certificateId }} {...rowLink}>
        <When at={issuedAt} as="minute" />
      </Link>
    ),
  },
  {
    name: "Snapshot",
    cell: ({ body: { snapshot } }) => <code title={snapshot.snapshotId}>{shortId(snapshot.snapshotId)}</code>,
  },
  { name: "Files", align: "end", cell: ({ body }) => formatCount(body.scope.files) },
  {
    name: "Differences",
    align: "end",
    cell: ({ body }) => formatCount(body.differences.count),
  },
  { name: "RPO attained", align: "end", cell: ({ body }) => formatDuration(body.rpo.attainedSeconds * secondMs) },
  { name: "RTO attained", align: "end", cell: ({ body }) => formatDuration(body.rto.attainedSeconds * secondMs) },
];

/** Restores that were performed to prove the backups, each with its signed certificate. */
export function DeviceDrills({ query }: { query: UseQueryResult<CallOutput<"listCertificates">> }) {
  return (
    <Panel title="Restore drills" flush>
      <Shortened rows={query.data?.items} first={5} what="drills">
        {(rows) => (
          <QueryTable
            query={query}
            caption="Restore drills of this device, newest first"
            columns={columns}
            rows={rows}
            keyOf={({ body }) => body.certificateId}
            empty={
              <Empty icon="lifebuoy" title="No drill yet">
                <p>
                  A drill restores a snapshot into scratch and compares every file with what the device had. A backup
                  counts only once that has worked.
                </p>
              </Empty>
            }
          />
        )}
      </Shortened>
    </Panel>
  );
}
