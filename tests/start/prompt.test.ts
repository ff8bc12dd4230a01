import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { holdfastProgram, runProgram } from "./program.ts";

let repository = "";
beforeEach(async () => {
  repository = join(await mkdtemp(join(tmpdir(), "holdfast-prompt-")), "repository");
});
afterEach(() => rmSync(join(repository, ".."), { recursive: true }));

/** A command at a terminal of its own (`script` makes one), with an answer for each question when it appears. */
async function atTerminal(command: string, answers: readonly (readonly [question: string, answer: string])[]) {
  const line = `${process.execPath} ${holdfastProgram} ${command} -r ${repository}`;
  const child = spawn("script", ["--quiet", "--return", "--command", line, "/dev/null"], {
    env: { PATH: process.env.PATH, TERM: "dumb" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  const left = [...answers];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    const [next] = left;
    if (next !== undefined && shown.includes(next[0])) child.stdin.write(left.shift()![1]);
  });
  const exitCode = await new Promise<number | null>((done) => child.on("close", done));
  return { exitCode, shown };
}

test("a new password is asked for twice, and not shown", async () => {
  const { exitCode, shown } = await atTerminal("init", [
    ["new repository: ", "gehein\x7fm\r"], // with a slip of the finger taken back
    ["Once more: ", "geheim\r"],
  ]);
  expect({ exitCode, shown }).toMatchObject({ exitCode: 0, shown: expect.stringContaining("created repository") });
  expect(shown).not.toMatch(/gehei/);
  const variables = { HOLDFAST_PASSWORD: "geheim" };
  expect(
    await runProgram(process.execPath, [holdfastProgram, "snapshots", "-r", repository], { variables }),
  ).toMatchObject({
    exitCode: 0,
  });
});

test("two passwords that differ make no repository", async () => {
  const { exitCode, shown } = await atTerminal("init", [
    ["new repository: ", "one\r"],
    ["Once more: ", "two\r"],
  ]);
  expect({ exitCode, shown }).toMatchObject({ exitCode: 1, shown: expect.stringContaining("CLI_NO_PASSWORD") });
});

test("Ctrl-C at the question ends with 130", async () => {
  expect((await atTerminal("init", [["new repository: ", "\x03"]])).exitCode).toBe(130);
});

test("without a terminal the first line of the input is the password", async () => {
  const init = await runProgram(process.execPath, [holdfastProgram, "init", "-r", repository], { input: "geheim\n" });
  expect(init.exitCode).toBe(0);
  const words = [holdfastProgram, "snapshots", "-r", repository];
  expect(await runProgram(process.execPath, words, { input: "geheim\r\n" })).toMatchObject({ exitCode: 0 });
  expect(await runProgram(process.execPath, words, { input: "" })).toMatchObject({ exitCode: 1 });
});
