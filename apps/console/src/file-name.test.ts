import { expect, test } from "vitest";
import { fileName } from "./file-name.ts";

test("an ordinary name stays", () => {
  for (const name of ["annual report.bin", "Überweisung März.xlsx", "archive.tar.gz"])
    expect(fileName(name)).toBe(name);
});

test("nothing in a name leads to another folder, a device or a hidden file", () => {
  expect(
    ["../../etc/passwd", "a\\b", "C:evil", ".bashrc", "con.txt", "NUL", "name. ", "...", ""].map(fileName),
  ).toEqual(["__.._etc_passwd", "a_b", "C_evil", "_bashrc", "_con.txt", "_NUL", "name", "_", "file"]);
});
