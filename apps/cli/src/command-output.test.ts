import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "@holdfast/base";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { commandOutput } from "./command-output.ts";

const shell = (script: string) => commandOutput(["sh", "-c", script], systemClock);

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(content)).toString();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("what a program prints comes whole", async () => {
  expect(await textOf(shell("echo one; echo two").content)).toBe("one\ntwo\n");
});

test.each([
  ["ends with an error", ["sh", "-c", "echo half; exit 3"]],
  ["is killed", ["sh", "-c", "echo half; kill -9 $$"]],
  ["does not exist", ["/nonexistent/program"]],
])("a program that %s has failed, however much it printed", async (_, words) => {
  await expect(textOf(commandOutput(words, systemClock).content)).rejects.toThrow(
    expect.objectContaining({ code: "CLI_COMMAND_FAILED" }),
  );
});

test("a program that nobody listens to any more is ended", async () => {
  const folder = await temporaryDirectory();
  const command = commandOutput(["sh", "-c", `echo $$ > ${join(folder, "pid")}; echo x; exec sleep 60`], systemClock);
  const pieces = command.content[Symbol.asyncIterator]();
  await pieces.next();
  const pid = Number(await readFile(join(folder, "pid"), "utf8"));
  expect(isAlive(pid)).toBe(true);
  await command.stop();
  await sleep(10);
  expect(isAlive(pid)).toBe(false);
});

test("a program that was never asked for anything is never run", async () => {
  const command = commandOutput(["/nonexistent/program"], systemClock);
  await command.stop();
});
