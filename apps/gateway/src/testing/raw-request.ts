import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** One request as it is, without a client's good manners: the path is sent byte for byte. */
export async function rawRequest(
  url: string,
  method: string,
  path: string,
  options: { readonly headers?: Record<string, string>; readonly body?: Uint8Array; readonly token?: string } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const authorization = Buffer.from(`holdfast:${options.token}`).toString("base64");
  const request = httpRequest({
    hostname,
    port,
    method,
    path,
    agent: false,
    headers: {
      ...(options.body === undefined ? {} : { "content-length": String(options.body.byteLength) }),
      ...(options.token === undefined ? {} : { authorization: `Basic ${authorization}` }),
      ...options.headers,
    },
  });
  request.end(options.body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(await Array.fromAsync(response)),
  };
}

/**
 * Sends raw text on a fresh connection and gives all that comes back until it ends.
 * @param options.hangUp ends our side at once, so that a server need not wait for more of a request that has no end
 */
export async function rawText(url: string, text: string, options: { readonly hangUp?: boolean } = {}): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  if (options.hangUp === true) socket.end(text, "latin1");
  else socket.write(text, "latin1");
  let answer = "";
  socket.on("data", (data) => (answer += data.toString("latin1")));
  await once(socket, "close");
  return answer;
}
