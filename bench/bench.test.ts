import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MiB } from "@holdfast/base";
import { temporaryDirectory } from "@holdfast/testkit";
import { writeDataset } from "./dataset.ts";
import { figures } from "./figures.ts";
import { median } from "./measurements.ts";
import { verdict } from "./report.ts";
import { treeDigest } from "./tree-digest.ts";

test("the data is the same wherever it is made", async () => {
  const folder = await temporaryDirectory();
  const [first, second] = [join(folder, "first"), join(folder, "second")];
  expect(writeDataset(first, MiB)).toEqual(writeDataset(second, MiB));
  expect(treeDigest(first)).toBe(treeDigest(second));
  expect(treeDigest(first)).toBe("9edd8a9692ec5546d6c25e5c726d5ce063e2bdef3da177e86327c5f6fd0f79e4");
});

test("the median is the middle one, or what lies between the two in the middle", () => {
  expect([median([3]), median([9, 1, 5]), median([4, 1, 2, 9])]).toEqual([3, 5, 3]);
});

test("all three programs run side by side, and every figure is there", { timeout: 300_000 }, () => {
  const words = [join(import.meta.dirname, "main.ts"), "--quick"];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  for (const { name, target } of figures) {
    const row = stdout.split("\n").find((line) => line.startsWith(`| ${name} |`));
    expect(row, name).toMatch(/^\| [^|]+ \| [\d.,]+ [^|]+\|/);
    if (target.restic !== undefined) expect(row).toMatch(/\| \d+\.\d\d \|/);
  }
});

test("a target is met or missed by the medians", () => {
  const [figure] = figures.filter(({ id }) => id === "mixed first wall");
  const measured = (own: number[], borg: number[]) => ({
    day: "",
    data: "",
    rounds: { Holdfast: own, restic: [100, 90, 110], borg },
  });
  expect(verdict(figure!, measured([40, 41, 39], [40, 40, 40]))).toBe("yes");
  expect(verdict(figure!, measured([41, 41, 1], [90, 90, 90]))).toBe("no");
  expect(verdict(figure!, measured([40, 40, 40], [39, 39, 39]))).toBe("no");
  expect(verdict(figure!, measured([40, 40, 40], []))).toBe("");
});
