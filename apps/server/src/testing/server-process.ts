import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export interface ServerProcess {
  readonly url: string;
  readonly agentUrl: string;
  /** SIGKILL, and SIGKILL for its PostgreSQL as well when asked. */
  kill(options?: { database: boolean }): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
}

/** Starts the server as a program on `home` and waits until it says that it is ready. */
export async function startProcess(home: string, env: Record<string, string>): Promise<ServerProcess> {
  const program = fileURLToPath(new URL("server-program.ts", import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env["PATH"] ?? "", HOLDFAST_HOME: home, HOLDFAST_LOG_LEVEL: "error", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit") as Promise<[number | null]>;
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
    await killDatabase(home);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await Promise.race([lines.next(), ended.then(() => ({ done: true as const, value: undefined }))]);
  if (first.done === true) throw new Error("the server ended before it was ready");
  const ready = JSON.parse(first.value) as { ready: true; part: string; url: string; agentUrl: string };
  return {
    url: ready.url,
    agentUrl: ready.agentUrl,
    async kill(options) {
      child.kill("SIGKILL");
      if (options?.database === true) await killDatabase(home);
      await ended;
    },
    async stop() {
      child.kill("SIGTERM");
      return (await ended)[0];
    },
  };
}

async function killDatabase(home: string): Promise<void> {
  const text = await readFile(`${home}/server/database/data/postmaster.pid`, "utf8").catch(() => "");
  const pid = Number(text.split("\n")[0]);
  if (pid <= 1 || text === "") return;
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended already
  }
}
