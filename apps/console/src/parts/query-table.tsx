import { DataTable, type DataTableProps } from "./data-table.tsx";
import { Failure } from "./failure.tsx";
import classes from "./query-table.module.css";

interface QueryTableProps<Row> extends DataTableProps<Row> {
  /** Where the rows come from. */
  readonly query: { readonly isError: boolean; readonly error: unknown; refetch(): Promise<unknown> };
}

/**
 * A table of what was asked for. When that fails it says why; rows from before stay, and without any there is no
 * table, because an empty one would say that there is nothing.
 */
export function QueryTable<Row>({ query, ...table }: QueryTableProps<Row>) {
  const failed = query.isError;
  return (
    <>
      {failed && (
        <div className={classes["failure"]}>
          <Failure error={query.error} onRetry={() => void query.refetch()} />
        </div>
      )}
      {(!failed || table.rows !== undefined) && <DataTable {...table} />}
    </>
  );
}
