import { expect, test } from "vitest";
import { formatTable } from "./table.ts";

test("columns line up, numbers to the right, and a cell may have several lines", () => {
  const columns = [{ heading: "ID" }, { heading: "Paths" }, { heading: "Size", alignRight: true }];
  const rows = [
    ["1a2b", "/home\n/etc", "1 B"],
    ["3c4d", "/srv", "1.50 KiB"],
  ];
  expect(formatTable(columns, rows)).toBe(
    [
      "ID    Paths      Size",
      "---------------------",
      "1a2b  /home       1 B",
      "      /etc",
      "3c4d  /srv   1.50 KiB",
      "",
    ].join("\n"),
  );
});
