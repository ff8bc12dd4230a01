import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import path from "node:path";

const main = path.join(import.meta.dirname, "../../apps/agent/src/main.ts");

export interface AgentProcess {
  /** What the ready line says. */
  readonly ready: Promise<{ ready: true; part: string; identityId: string }>;
  /** Standard error so far. */
  log(): string;
  /** As a terminal that is closed. */
  hangUp(): void;
  /** Sends the signal and resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** The agent as it is shipped: a process of its own, told everything by its environment. */
export function startAgentProcess(role: "agent" | "keeper", environment: Record<string, string>): AgentProcess {
  const child = spawn(process.execPath, [main, role], {
    env: { PATH: process.env["PATH"] ?? "", HOME: environment["HOLDFAST_HOME"] ?? "", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ready = readyLine(child).catch(async () => {
    await exited;
    throw new Error(`the ${role} ended before it was ready: ${stderr}`);
  });
  ready.catch(() => {}); // a test may kill it before it asks
  return {
    ready,
    log: () => stderr,
    hangUp: () => void child.kill("SIGHUP"),
    async kill(signal) {
      child.kill(signal);
      const [code, by] = await exited;
      return { code, signal: by };
    },
  };
}

async function readyLine(child: ChildProcess) {
  for await (const line of createInterface({ input: child.stdout! })) {
    return JSON.parse(line) as { ready: true; part: string; identityId: string };
  }
  throw new Error("no line came");
}
