import { expect, test } from "vitest";
import { GiB, KiB, MiB } from "@holdfast/base";
import { parseSize } from "./size.ts";

test("sizes are restic's: powers of 1024 by one letter", () => {
  const sizes = ["0", "17", "500k", "500K", "20M", "4g", "1T"].map((text) => parseSize(text, "--exclude-larger-than"));
  expect(sizes).toEqual([0, 17, 500 * KiB, 500 * KiB, 20 * MiB, 4 * GiB, 1024 * GiB]);
});

test.each(["", "k", "-1", "1.5M", "1 M", "1P", "99999999999T"])("a size %j is refused by name", (text) => {
  expect(() => parseSize(text, "--exclude-larger-than")).toThrow(expect.objectContaining({ code: "CLI_USAGE" }));
});
