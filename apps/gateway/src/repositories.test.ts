import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dayMs, silentLog, systemClock } from "@holdfast/base";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { localRepositories } from "./repositories.ts";

test("a prune through the gateway clears what killed uploads left, also when each request asks for the repository anew", async () => {
  const root = await temporaryDirectory();
  const repositories = localRepositories(root, silentLog);
  const pack = { type: "pack", name: "ab".repeat(32) } as const;
  await repositories("client/vault").create();
  await repositories("client/vault").write({ type: "config", name: "" }, new Uint8Array(1));
  await repositories("client/vault").write(pack, new Uint8Array(1));
  const folder = join(root, "client", "vault", "data", "ab");
  const leftover = join(folder, `${"ab".repeat(32)}-tmp-0123456789abcdef`);
  await writeFile(leftover, "half a pack");
  const yesterday = new Date(systemClock.nowMs() - 2 * dayMs);
  await utimes(leftover, yesterday, yesterday);
  expect(await Array.fromAsync(repositories("client/vault").list("pack"))).toHaveLength(1);
  await repositories("client/vault").remove(pack);
  expect(await readdir(folder)).toEqual([]);
});
