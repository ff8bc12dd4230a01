import type { IncomingMessage, ServerResponse } from "node:http";
import type { Names, RepositoryView } from "@holdfast/engine";
import { httpDate } from "./http-date.ts";
import { taken } from "./taken.ts";

/** The bytes of a file, or a range of them. */
export async function answerGet(
  view: RepositoryView,
  names: Names,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [entry, file] = [await view.find(names), await view.open(names)];
  if (entry === undefined) return finish(response, 404);
  if (file === undefined) return finish(response.setHeader("Allow", "OPTIONS, PROPFIND"), 405); // a folder
  const { sizeBytes } = file;
  response.setHeader("Accept-Ranges", "bytes").setHeader("Last-Modified", httpDate(entry.mtime.ns));
  response.setHeader("Content-Type", "application/octet-stream").setHeader("Content-Disposition", "attachment");
  // What was changed in a snapshot since is another snapshot at another path, so a range always fits what came before.
  const range = request.headers.range === undefined ? undefined : parseRange(request.headers.range, sizeBytes);
  if (range === "outside") return finish(response.setHeader("Content-Range", `bytes */${sizeBytes}`), 416);
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  if (range !== undefined) response.setHeader("Content-Range", `bytes ${start}-${end - 1}/${sizeBytes}`);
  response.writeHead(range === undefined ? 200 : 206, { "Content-Length": end - start });
  if (request.method === "HEAD") return void response.end();
  for await (const piece of file.read(start, end)) {
    if (response.destroyed) return;
    if (!response.write(piece)) await taken(response);
  }
  response.end();
}

/**
 * One range of bytes as a client asks for it. Several, and other units, are taken for none: then it gets the whole.
 * @returns undefined for the whole, "outside" for a range that begins behind the end
 * @see RFC 9110 section 14
 */
export function parseRange(
  header: string,
  sizeBytes: number,
): { readonly start: number; readonly end: number } | "outside" | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header.trim()) ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const bytes = Math.min(Number(last), sizeBytes);
    return bytes === 0 ? "outside" : { start: sizeBytes - bytes, end: sizeBytes };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= sizeBytes) return "outside";
  return { start, end: last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) };
}

function finish(response: ServerResponse, status: number): void {
  response.writeHead(status, { "Content-Length": 0 }).end();
}
