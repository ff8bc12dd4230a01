import { useInfiniteQuery } from "@tanstack/react-query";
import { itemsOf, runsQuery } from "../api/queries.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Failure } from "../parts/failure.tsx";
import { MoreRows } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { runColumns } from "../parts/run-columns.tsx";

/** Everything that was done, and is being done, on all devices. */
export function RunsPage() {
  const query = useInfiniteQuery(runsQuery());
  return (
    <Page title="Runs">
      {query.isError && <Failure error={query.error} onRetry={() => void query.refetch()} />}
      <Panel title="Newest first" flush>
        <DataTable
          caption="Runs, newest first"
          columns={runColumns}
          rows={query.isError ? [] : itemsOf(query.data)}
          keyOf={(run) => run.runId}
          empty={
            <Empty icon="pulse" title="Nothing has run yet">
              <p>Backups, replications and restore drills appear here once a device has its plan.</p>
            </Empty>
          }
          skeletonRows={8}
        />
        <MoreRows query={query} what="runs" />
      </Panel>
    </Page>
  );
}
