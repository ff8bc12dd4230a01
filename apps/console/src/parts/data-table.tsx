import type { KeyboardEvent, ReactNode } from "react";
import classes from "./data-table.module.css";

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  /** Figures line up at the end. */
  readonly align?: "end";
  /** Takes what room is left. */
  readonly wide?: true;
  /** Names the row: on a phone, where each row is a card, it stands on top. */
  readonly heads?: true;
}

export interface DataTableProps<Row> {
  /** What the table holds, for those who hear the page. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  /** Undefined while they are on their way. */
  readonly rows: readonly Row[] | undefined;
  readonly keyOf: (row: Row) => string;
  /** Shown in place of a table without rows. */
  readonly empty: ReactNode;
  readonly skeletonRows?: number;
}

/**
 * A table: rows of one height, figures aligned, a phone sees each row as a card. The arrow keys, Home and End walk
 * along the rows' own links.
 */
export function DataTable<Row>({ caption, columns, rows, keyOf, empty, skeletonRows = 4 }: DataTableProps<Row>) {
  if (rows?.length === 0) return <>{empty}</>;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys bubble up from the rows' links
    <table className={classes["table"]} aria-busy={rows === undefined} onKeyDown={walkRows}>
      <caption className="hf-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.name} scope="col" data-align={column.align} data-wide={column.wide}>
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows === undefined
          ? Array.from({ length: skeletonRows }, (_, at) => <BoneRow key={at} columns={columns} />)
          : rows.map((row) => (
              <tr key={keyOf(row)}>
                {columns.map((column) => (
                  <td key={column.name} data-name={column.name} data-align={column.align} data-heads={column.heads}>
                    <div className={classes["cell"]}>{column.cell(row)}</div>
                  </td>
                ))}
              </tr>
            ))}
      </tbody>
    </table>
  );
}

function BoneRow<Row>({ columns }: { columns: readonly Column<Row>[] }) {
  return (
    <tr>
      {columns.map((column, at) => (
        <td key={column.name} data-name={column.name}>
          <span className="hf-bone" style={{ inlineSize: `${70 - ((at * 23) % 40)}%` }}>
            &nbsp;
          </span>
        </td>
      ))}
    </tr>
  );
}

/** Marks the link that stands for its row; a press anywhere in the row follows it. */
export const rowLink = { "data-row-link": true, className: classes["rowLink"] } as const;

function walkRows(event: KeyboardEvent<HTMLTableElement>): void {
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row-link]")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  if (at === -1) return;
  const targets: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 };
  const target = targets[event.key];
  if (target === undefined || links[target] === undefined) return;
  event.preventDefault();
  links[target].focus();
}
