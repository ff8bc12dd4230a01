import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";

/** The first rows of a list, and all of them once asked for. */
export function Shortened<Row>(props: {
  rows: readonly Row[] | undefined;
  first: number;
  what: string;
  children: (rows: readonly Row[] | undefined, all: boolean) => ReactNode;
}) {
  const { rows, first, what, children } = props;
  const [all, setAll] = useState(false);
  const hidden = rows !== undefined && !all && rows.length > first;
  return (
    <>
      {children(hidden ? rows.slice(0, first) : rows, !hidden)}
      {hidden && (
        <div style={{ padding: "8px 16px" }}>
          <Button size="compact-sm" variant="subtle" onClick={() => setAll(true)}>
            Show all {what}
          </Button>
        </div>
      )}
    </>
  );
}
