/** A column's heading, and whether its cells are numbers, which align to the right. */
export interface Column {
  readonly heading: string;
  readonly alignRight?: boolean;
}

/** Rows in columns, two spaces apart, headings first. Cells may hold several lines. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => cell.split("\n")));
  const widths = columns.map((column, at) =>
    Math.max(column.heading.length, ...cells.map((row) => Math.max(...(row[at] ?? [""]).map((line) => line.length)))),
  );
  const place = (texts: readonly string[]) =>
    texts
      .map((text, at) => (columns[at]?.alignRight ? text.padStart(widths[at]!) : text.padEnd(widths[at]!)))
      .join("  ")
      .trimEnd();
  const lines = [place(columns.map((column) => column.heading)), "-".repeat(sum(widths) + 2 * (widths.length - 1))];
  for (const row of cells) {
    const height = Math.max(1, ...row.map((cell) => cell.length));
    for (let line = 0; line < height; line += 1) lines.push(place(columns.map((_, at) => row[at]?.[line] ?? "")));
  }
  return lines.map((line) => `${line}\n`).join("");
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);
