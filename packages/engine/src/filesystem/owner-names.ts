import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Names for user and group numbers on this machine; empty where there is none. */
export interface OwnerNames {
  user(uid: number): string;
  group(gid: number): string;
}

/**
 * Looks names up in /etc/passwd and /etc/group, and asks `getent` once for each number that is not there, so that
 * directory services count too. Answers are kept for the life of the object: make one for each backup.
 */
export function ownerNames(): OwnerNames {
  return { user: lookup("passwd"), group: lookup("group") };
}

function lookup(database: "passwd" | "group"): (id: number) => string {
  const names = namesIn(`/etc/${database}`);
  return (id) => {
    let name = names.get(id);
    if (name === undefined) names.set(id, (name = askDirectoryService(database, id)));
    return name;
  };
}

/** Lines are "name:password:number:…" in both files; the first name of a number wins. */
function namesIn(file: string): Map<number, string> {
  const names = new Map<number, string>();
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return names;
  }
  for (const line of text.split("\n")) {
    const [name, , number] = line.split(":");
    if (name === undefined || number === undefined || !/^\d+$/.test(number)) continue;
    if (!names.has(Number(number))) names.set(Number(number), name);
  }
  return names;
}

const answerTimeoutMs = 5000;

function askDirectoryService(database: "passwd" | "group", id: number): string {
  const answer = spawnSync("getent", [database, String(id)], { encoding: "utf8", timeout: answerTimeoutMs });
  if (answer.error !== undefined || answer.status !== 0) return "";
  const [name, , number] = answer.stdout.split("\n", 1)[0]!.split(":");
  return name !== undefined && number === String(id) ? name : "";
}

/** Numbers for user and group names on this machine; undefined where there is no such name. */
export interface OwnerNumbers {
  user(name: string): number | undefined;
  group(name: string): number | undefined;
}

/** The other way round, asking the same places. Make one for each restore. */
export function ownerNumbers(): OwnerNumbers {
  return { user: numberLookup("passwd"), group: numberLookup("group") };
}

function numberLookup(database: "passwd" | "group"): (name: string) => number | undefined {
  const numbers = new Map<string, number | undefined>();
  for (const [number, name] of namesIn(`/etc/${database}`)) numbers.set(name, number);
  return (name) => {
    if (name === "") return undefined;
    if (!numbers.has(name)) numbers.set(name, askForNumber(database, name));
    return numbers.get(name);
  };
}

function askForNumber(database: "passwd" | "group", name: string): number | undefined {
  if (name.startsWith("-") || /^\d+$/.test(name)) return undefined; // an option, or a number that it would take for one
  const answer = spawnSync("getent", [database, name], { encoding: "utf8", timeout: answerTimeoutMs });
  if (answer.error !== undefined || answer.status !== 0) return undefined;
  const [found, , number] = answer.stdout.split("\n", 1)[0]!.split(":");
  return found === name && number !== undefined && /^\d+$/.test(number) ? Number(number) : undefined;
}
