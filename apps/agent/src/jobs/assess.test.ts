import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runResult } from "@holdfast/contract";
import { temporaryDirectory } from "@holdfast/testkit";
import { testRun } from "../testing/run-context.ts";
import { assessPaths } from "./assess.ts";

test("what is measured fits the contract, for a folder with one byte in it as well, and leaves the home out", async () => {
  const root = await temporaryDirectory();
  const home = join(root, ".holdfast");
  await mkdir(home);
  await writeFile(join(root, "file"), "x");
  await writeFile(join(home, "key"), "secret");
  const { outcome, result } = await assessPaths(
    { allow: undefined, home },
    { kind: "assess", paths: [`${root}/`] },
    testRun(),
  );
  expect(outcome).toBe("succeeded");
  // As it was asked for, since the server knows it by that.
  expect(runResult.parse(result)).toMatchObject({ assessment: { paths: [`${root}/`], files: 1, bytes: 1 } });
});

test("what the device does not allow is not measured either", async () => {
  const root = await temporaryDirectory();
  const rules = { allow: [join(root, "other")], home: join(root, "home") };
  await expect(assessPaths(rules, { kind: "assess", paths: [root] }, testRun())).rejects.toMatchObject({
    code: "AGENT_PATH_NOT_ALLOWED",
  });
});
