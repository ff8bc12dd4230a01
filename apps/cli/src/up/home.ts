import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { HoldfastError, messageOf, systemCodeOf } from "@holdfast/base";
import { upErrors } from "./errors.ts";
import type { Ports } from "./ports.ts";

/** Everything that one installation on one machine keeps, below one folder that only its user can read. */
export interface Home {
  readonly folder: string;
  readonly logs: string;
  /** What the gateway stands in front of. */
  readonly repositories: string;
  /** The second place. On the same disk it protects from mistakes, not from the disk; the summary says so. */
  readonly offsite: string;
  readonly portsFile: string;
}

/** @throws UP_HOME_UNUSABLE */
export async function openHome(folder: string): Promise<Home> {
  const home: Home = {
    folder: resolve(folder),
    logs: join(folder, "logs"),
    repositories: join(folder, "repositories"),
    offsite: join(folder, "offsite"),
    portsFile: join(folder, "ports.json"),
  };
  try {
    await mkdir(home.folder, { recursive: true, mode: 0o700 });
    await chmod(home.folder, 0o700);
    for (const inside of [home.logs, home.repositories, home.offsite])
      await mkdir(inside, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(home.folder, error);
  }
  return home;
}

/** The ports that this installation's agents were told of, or undefined before its first start. */
export async function readPorts(home: Home): Promise<Ports | undefined> {
  try {
    return parsePorts(JSON.parse(await readFile(home.portsFile, "utf8")));
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw unusable(home.portsFile, error);
  }
}

export async function keepPorts(home: Home, ports: Ports): Promise<void> {
  try {
    await writeFile(`${home.portsFile}.new`, `${JSON.stringify(ports)}\n`);
    await rename(`${home.portsFile}.new`, home.portsFile);
  } catch (error) {
    throw unusable(home.portsFile, error);
  }
}

function parsePorts(value: unknown): Ports {
  const fields = new Map(Object.entries(Object(value)));
  const port = (name: keyof Ports) => {
    const number = fields.get(name);
    if (typeof number !== "number" || !Number.isInteger(number) || number < 1 || number > 65_535) {
      throw new Error(`its "${name}" is no port`);
    }
    return number;
  };
  return { console: port("console"), channel: port("channel"), gateway: port("gateway") };
}

function unusable(path: string, error: unknown): HoldfastError {
  return new HoldfastError(upErrors.homeUnusable, `${path} cannot be used: ${messageOf(error)}`, { cause: error });
}
