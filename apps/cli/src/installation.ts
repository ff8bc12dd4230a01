import { join } from "node:path";
import { HoldfastError } from "@holdfast/base";
import { apiClient, type ApiClient } from "@holdfast/client";
import { cliErrors } from "./errors.ts";
import { readTextFile } from "./text-file.ts";

/** Where the console of the installation in `home` is, as its server remembers it. @throws CLI_UNREADABLE_FILE */
export async function consoleUrl(home: string): Promise<string> {
  const file = join(home, "server", "ports.json");
  const { console: port } = Object(parseJson(await readTextFile(file)));
  if (Number.isInteger(port)) return `http://127.0.0.1:${port}`;
  throw new HoldfastError(cliErrors.unreadableFile, `${file} does not name the console's port.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The API as the installation itself, for whoever may read the server's own files.
 * @param baseUrl the console's address
 * @throws CLI_UNREADABLE_FILE
 */
export async function installationClient(home: string, baseUrl: string): Promise<ApiClient> {
  const token = (await readTextFile(join(home, "server", "installation-token"))).trim();
  return apiClient({ baseUrl, token });
}
