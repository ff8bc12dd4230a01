import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { commandTable } from "../table/command-table.ts";
import { completionScript, shells } from "./completion-script.ts";

const hasBash = spawnSync("bash", ["--version"]).status === 0;

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const typed = ["holdfast", ...words].map((word) => `'${word}'`).join(" ");
  const script = `${completionScript("bash")}\nCOMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _holdfast; echo "\${COMPREPLY[*]}"`;
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trim().split(" ").filter(Boolean);
}

test.skipIf(!hasBash)("bash is offered commands, flags and choices", () => {
  expect(offered("sna")).toEqual(["snapshots"]);
  expect(offered("")).toEqual(expect.arrayContaining(["backup", "key", "forget"]));
  expect(offered("")).not.toContain("key list");
  expect(offered("key", "")).toEqual(expect.arrayContaining(["list", "add", "remove", "passwd"]));
  expect(offered("key", "add", "--new-p")).toEqual(["--new-password-file"]);
  expect(offered("-r", "/srv/backup", "forget", "--keep-within-h")).toEqual(["--keep-within-hourly"]);
  expect(offered("--repo")).toEqual(["--repo", "--repository-file"]);
  expect(offered("restore", "--overwrite", "")).toEqual(["always", "if-changed", "if-newer", "never"]);
  expect(offered("restore", "--target", "")).toEqual([]); // files, by bash itself
});

test.each(shells)("the script for %s names every command and every flag", (shell) => {
  const script = completionScript(shell);
  for (const { name, flags } of commandTable) {
    for (const word of name.split(" ")) expect(script).toContain(word);
    for (const { flags: form } of Object.values(flags)) expect(script).toContain(/--([\w-]+)/.exec(form)![1]);
  }
});
