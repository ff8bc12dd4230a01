import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { holdfastProgram } from "../start/program.ts";

/** Everything on this machine, started as `npm start` starts it. */
export interface Installation {
  readonly consoleUrl: string;
  /** @throws Error with all that it said when it had ended by itself */
  stop(): Promise<void>;
}

/**
 * Starts an installation that protects `path`, and waits until it has backed it up twice, copied and drilled it.
 * @throws Error with all that it said when it ends before
 */
export async function startInstallation(home: string, path: string): Promise<Installation> {
  const child = spawn(process.execPath, [holdfastProgram, "up", "--home", home, "--path", path], {
    env: { ...process.env, HOLDFAST_CONSOLE_PORT: "0", HOLDFAST_AGENT_PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const words: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece: Buffer) => words.push(piece.toString()));
  const said = () => words.join("");
  await untilItSays(child, said, "Everything runs");
  const consoleUrl = /console at (http:\S+)/.exec(said())?.[1];
  if (consoleUrl === undefined) throw new Error(`The start did not name the console:\n${said()}`);
  return {
    consoleUrl,
    async stop() {
      if (child.exitCode !== null)
        throw new Error(`The installation ended by itself with ${child.exitCode}:\n${said()}`);
      child.kill("SIGINT");
      await once(child, "exit");
    },
  };
}

/** A link that signs in once, made by the command that an administrator would use; for the first one, or for `email`. */
export async function signInLink(home: string, email?: string): Promise<string> {
  const words = ["admin", "sign-in-link", "--home", home, ...(email === undefined ? [] : ["--email", email])];
  const { stdout } = await promisify(execFile)(process.execPath, [holdfastProgram, ...words]);
  const link = /http:\S+/.exec(stdout)?.[0];
  if (link === undefined) throw new Error(`The command gave no link: ${stdout}`);
  return link;
}

function untilItSays(child: ChildProcess, said: () => string, words: string): Promise<void> {
  return new Promise((resolved, failed) => {
    const look = () => {
      if (said().includes(words)) resolved();
    };
    child.stdout?.on("data", look);
    child.once("exit", (code) => failed(new Error(`The start ended with ${code}:\n${said()}`)));
  });
}
