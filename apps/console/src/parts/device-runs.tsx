import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { CallOutput } from "@holdfast/client";
import { itemsOf } from "../api/queries.ts";
import { Empty } from "./empty.tsx";
import { MoreRows } from "./loaded.tsx";
import { Panel } from "./panel.tsx";
import { QueryTable } from "./query-table.tsx";
import { deviceRunColumns } from "./run-columns.tsx";
import { Shortened } from "./shortened.tsx";

/** What was done for a device, newest first. */
export function DeviceRuns({ query }: { query: UseInfiniteQueryResult<InfiniteData<CallOutput<"listRuns">>> }) {
  return (
    <Panel title="Runs" flush>
      <Shortened rows={itemsOf(query.data)} first={7} what="runs">
        {(rows, all) => (
          <>
            <QueryTable
              query={query}
              caption="Runs of this device, newest first"
              columns={deviceRunColumns}
              rows={rows}
              keyOf={(run) => run.runId}
              empty={
                <Empty icon="pulse" title="Nothing has run yet">
                  <p>
                    The first run is the assessment: it measures what there is to protect, and the plan follows from it.
                  </p>
                </Empty>
              }
            />
            {all && <MoreRows query={query} what="runs" />}
          </>
        )}
      </Shortened>
    </Panel>
  );
}
