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
