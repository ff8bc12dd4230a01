import { useInfiniteQuery } from "@tanstack/react-query";
import { itemsOf, runsQuery } from "../api/queries.ts";
import { Empty } from "../parts/empty.tsx";
import { MoreRows } from "../parts/loaded.tsx";
import { Page } from "../parts/page.tsx";
import { Panel } from "../parts/panel.tsx";
import { QueryTable } from "../parts/query-table.tsx";
import { runColumns } from "../parts/run-columns.tsx";

/** Everything that was done, and is being done, on all devices. */
export function RunsPage() {
  const query = useInfiniteQuery(runsQuery());
  return (
    <Page title="Runs">
      <Panel title="Newest first" flush>
        <QueryTable
          query={query}
          caption="Runs, newest first"
          columns={runColumns}
          rows={itemsOf(query.data)}
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
