import type { IncomingMessage, ServerResponse } from "node:http";
import type { Names, RepositoryView, ViewEntry } from "@holdfast/engine";
import { httpDate } from "./http-date.ts";
import { taken } from "./taken.ts";
import { webdavPath } from "./webdav-path.ts";

const opening = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">\n';
const closing = "</D:multistatus>\n";
const tooDeep =
  '<?xml version="1.0" encoding="utf-8"?>\n<D:error xmlns:D="DAV:"><D:propfind-finite-depth/></D:error>\n';

/**
 * What an entry is, and with `Depth: 1` what lies in it. Whatever properties are asked for, those that there are come
 * back; nothing of a name is in the answer but in its address, where every byte has a spelling.
 */
export async function answerPropfind(
  view: RepositoryView,
  secret: string,
  names: Names,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { depth = "infinity" } = request.headers;
  const entry = await view.find(names);
  if (entry === undefined) return void response.writeHead(404, { "Content-Length": 0 }).end();
  response.setHeader("Content-Type", 'application/xml; charset="utf-8"');
  if (depth !== "0" && depth !== "1") return void response.writeHead(403).end(tooDeep);
  const at = [Buffer.from(secret), ...names];
  const children = depth === "1" && entry.kind === "directory" ? await view.list(names) : undefined;
  response.writeHead(207);
  response.write(opening + description(at, entry));
  for (const child of children ?? []) {
    if (response.destroyed) return;
    // A folder of a million files is told as it is read: no faster than it is taken.
    if (!response.write(description([...at, child.name], child))) await taken(response);
  }
  response.end(closing);
}

function description(names: Names, { kind, mtime, sizeBytes }: ViewEntry): string {
  const isDirectory = kind === "directory";
  const time = httpDate(mtime.ns);
  return [
    "<D:response>",
    `<D:href>${webdavPath(names, isDirectory)}</D:href>`,
    "<D:propstat><D:prop>",
    isDirectory ? "<D:resourcetype><D:collection/></D:resourcetype>" : "<D:resourcetype/>",
    isDirectory ? "" : `<D:getcontentlength>${sizeBytes}</D:getcontentlength>`,
    isDirectory ? "" : "<D:getcontenttype>application/octet-stream</D:getcontenttype>",
    `<D:getlastmodified>${time}</D:getlastmodified>`,
    "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>",
    "</D:response>\n",
  ].join("");
}
