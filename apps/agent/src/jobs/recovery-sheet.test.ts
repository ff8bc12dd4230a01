import { readFile, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "@holdfast/testkit";
import { partHome } from "../state/part-home.ts";
import { testAuthority } from "../testing/authority.ts";
import { recoverySheetFile, writeRecoverySheet } from "./recovery-sheet.ts";

const vaultId = "018f0000-0000-7000-8000-000000000005";

test("whatever a vault is called, its sheet stays in the recovery folder under a plain name", () => {
  const home = partHome("/var/lib/holdfast", "agent");
  for (const [name, file] of [
    ["Files of Jürgen & Co.", `Files-of-Jürgen-Co-${vaultId}.txt`],
    ["../../etc/cron.d/evil", `etc-cron.d-evil-${vaultId}.txt`],
    ["..", `vault-${vaultId}.txt`],
    ["a\nb\0c", `a-b-c-${vaultId}.txt`],
    ["x".repeat(200), `${"x".repeat(60)}-${vaultId}.txt`],
  ] as const) {
    const path = recoverySheetFile(home, name, vaultId);
    expect([dirname(path), path.slice(dirname(path).length + 1)]).toEqual(["/var/lib/holdfast/recovery", file]);
  }
});

test("the sheet is for this user only, and nothing in it that came from elsewhere can be run by a shell", async () => {
  const home = partHome(await temporaryDirectory(), "agent");
  const { caPem } = await testAuthority();
  const path = await writeRecoverySheet(home, {
    vaultId,
    vaultName: "files'; rm -rf ~\n    rm -rf /",
    repositoryId: "a".repeat(64),
    access: {
      url: "rest:https://gateway:8000/v/'; touch pwned #\n    touch pwned",
      user: "device-user",
      token: "the-token",
      caPem: `    touch pwned\n${caPem}`,
    },
    password: "the-password",
    madeAtMs: 0,
  });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(home.home, "recovery"))).mode & 0o777).toBe(0o700);
  const text = await readFile(path, "utf8");
  expect(text).toContain("the-password");
  expect(text).not.toContain("the-token");
  const commands = text.split("\n").filter((line) => line.startsWith("    "));
  expect(commands.filter((line) => !/^ {4}(export RESTIC_\w+='?[^']*'?|restic [\w/. -]+)$/.test(line))).toEqual([]);
  expect(await readdir(join(home.home, "recovery"))).toEqual([path.slice(dirname(path).length + 1)]);
});
