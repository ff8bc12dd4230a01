import { existsSync } from "node:fs";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "@holdfast/testkit";
import { removeTree } from "./remove-tree.ts";

const isRoot = process.geteuid?.() === 0;
const nobody = 65_534;

/** For root no mode forbids anything, so what modes forbid is tried by an ordinary user. */
async function asOrdinaryUser(act: () => Promise<void>): Promise<void> {
  if (isRoot) process.seteuid?.(nobody);
  try {
    await act();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

test("everything goes, whatever its names and modes, and nothing that links lead to", async () => {
  const root = await temporaryDirectory();
  await chmod(root, 0o777);
  await asOrdinaryUser(async () => {
    const scratch = join(root, "scratch");
    const inner = join(scratch, "locked", "inner");
    await mkdir(inner, { recursive: true });
    await writeFile(join(inner, "file"), "x");
    await writeFile(Buffer.concat([Buffer.from(`${inner}/`), Buffer.of(0xff, 0xfe)]), "x");
    await mkdir(Buffer.concat([Buffer.from(`${scratch}/`), Buffer.of(0x80)]));
    await mkdir(join(root, "outside"));
    await writeFile(join(root, "outside", "kept"), "x");
    await symlink("../outside", join(scratch, "way-out"));
    await chmod(inner, 0o500);
    await chmod(join(scratch, "locked"), 0);

    await removeTree(scratch);
    expect([existsSync(scratch), existsSync(join(root, "outside", "kept"))]).toEqual([false, true]);
    await removeTree(scratch);
  });
});
