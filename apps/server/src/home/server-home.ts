import { mkdir } from "node:fs/promises";
import path from "node:path";
import { ensureSecret } from "./secret-file.ts";

/** Where the server keeps its own things. */
export interface ServerHome {
  readonly databaseDir: string;
  readonly caDir: string;
  readonly portsFile: string;
  /** Bearer token of whoever may read the installation's files: the command line on this machine. */
  readonly installationToken: string;
  readonly installationTokenFile: string;
  /** Signs session cookies. */
  readonly sessionSecret: string;
}

/** Opens `<home>/server`, making on the first start what must stay the same ever after. */
export async function openServerHome(home: string): Promise<ServerHome> {
  const dir = path.join(home, "server");
  await mkdir(dir, { recursive: true });
  const installationTokenFile = path.join(dir, "installation-token");
  return {
    databaseDir: path.join(dir, "database"),
    caDir: path.join(dir, "ca"),
    portsFile: path.join(dir, "ports.json"),
    installationTokenFile,
    installationToken: await ensureSecret(installationTokenFile),
    sessionSecret: await ensureSecret(path.join(dir, "session-secret")),
  };
}
