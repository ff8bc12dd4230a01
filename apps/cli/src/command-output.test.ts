import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
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

/** One that has ended and that nobody has asked about yet is not alive. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
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

test.skipIf(!existsSync("/usr/bin/setpriv"))("a program does not outlive us, even when we are killed", async () => {
  const folder = await temporaryDirectory();
  const pidFile = join(folder, "pid");
  const ours = `
    import { systemClock } from "@holdfast/base";
    import { commandOutput } from "./command-output.ts";
    const script = "echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 60";
    for await (const _ of commandOutput(["sh", "-c", script], systemClock).content);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", ours], { cwd: import.meta.dirname });
  while (!existsSync(pidFile)) await sleep(20);
  const pid = Number(await readFile(pidFile, "utf8"));
  child.kill("SIGKILL");
  await once(child, "exit");
  for (let looks = 0; looks < 100 && isAlive(pid); looks += 1) await sleep(20);
  expect(isAlive(pid)).toBe(false);
});

test("a program that was never asked for anything is never run", async () => {
  const command = commandOutput(["/nonexistent/program"], systemClock);
  await command.stop();
});
