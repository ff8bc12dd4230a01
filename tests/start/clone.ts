import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { mustRun, runProgram, type Ended, type RunOptions } from "./program.ts";

const checkout = resolve(import.meta.dirname, "../..");

/** What `npm start -- --once` says on its last line. */
export interface StartResult {
  readonly snapshots: readonly string[];
  readonly bytes: Readonly<Record<string, number>>;
  readonly drill: { readonly result: string; readonly files: number; readonly differences: number };
  readonly rpoSeconds: number;
  readonly rtoSeconds: number;
  readonly certificatePath: string;
  readonly repositoryPath: string;
  readonly copyPath: string;
  readonly recoveryPasswordFile: string;
  readonly consoleUrl: string;
}

/** A newcomer: a home that nobody else can read, with nothing in it but a clone of what is committed. */
export class Newcomer {
  readonly home: string;
  readonly clone: string;
  readonly #user: RunOptions["user"];

  constructor(home: string, user?: RunOptions["user"]) {
    this.home = home;
    this.clone = join(home, "holdfast");
    this.#user = user;
  }

  async getClone(): Promise<void> {
    mkdirSync(this.home, { recursive: true, mode: 0o700 });
    await mustRun("git", ["clone", "--quiet", "--no-hardlinks", checkout, this.clone]);
  }

  /** As `npm start`, with this machine's npm cache and registry, since a home of nothing has neither. */
  async start(...words: string[]): Promise<Ended> {
    return runProgram("npm", ["start", "--", ...words], {
      cwd: this.clone,
      variables: {
        HOME: this.home,
        npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), ".npmrc"),
        npm_config_cache: process.env.npm_config_cache ?? join(homedir(), ".npm"),
        npm_config_prefer_offline: "true",
        npm_config_update_notifier: "false",
      },
      ...(this.#user === undefined ? {} : { user: this.#user }),
    });
  }

  /** A start that ends by itself and has to do all of it. @throws Error with what it said */
  async startOnce(path: string): Promise<StartResult> {
    const { exitCode, stdout, stderr } = await this.start("--once", "--path", path);
    if (exitCode !== 0) throw new Error(`npm start ended with ${exitCode}:\n${stdout}\n${stderr}`);
    return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as StartResult;
  }
}
