import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MiB } from "@holdfast/base";
import { temporaryDirectory } from "@holdfast/testkit";
import { writeDataset } from "./dataset.ts";
import { figures, median } from "./report.ts";
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

test("all three programs run side by side, and every figure is there", { timeout: 120_000 }, () => {
  const words = [join(import.meta.dirname, "main.ts"), "--quick", "--size-mib", "1"];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const header = stdout.split("\n").find((line) => line.startsWith("| figure"));
  expect(header).toBe("| figure | Holdfast | restic | Holdfast / restic | borg | Holdfast / borg |");
  for (const { name } of figures) {
    expect(stdout).toMatch(new RegExp(`^\\| ${name} \\| [\\d.,]+ [^|]+\\| [\\d.,]+ [^|]+\\| \\d+\\.\\d\\d \\|`, "m"));
  }
});
