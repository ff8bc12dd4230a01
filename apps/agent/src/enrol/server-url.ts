import { HoldfastError } from "@holdfast/base";
import { agentErrors } from "../errors.ts";

/**
 * The server's address, as given by a person or a token.
 * @returns `https://host:port`, without a path
 * @throws AGENT_BAD_SERVER_URL
 */
export function parseServerUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "") {
    throw new HoldfastError(agentErrors.badServerUrl, "The server's address must be of the form https://host:port.");
  }
  return url.origin;
}
