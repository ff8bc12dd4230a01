import { HoldfastError, isFailure } from "@holdfast/base";
import { storageErrors, type FileHandle, type FileType } from "@holdfast/storage";
import { gatewayErrors } from "../errors.ts";
import { parseByteRange } from "./byte-range.ts";
import { answer, send, type Exchange } from "./exchange.ts";
import { verifiedUpload } from "./verified-upload.ts";

type Route<Subject> = (exchange: Exchange, subject: Subject) => Promise<void>;

/** restic's REST protocol, version 2, and version 1 where a client does not ask for it. @see restic-format.md section 20 */
export const routes = {
  repository: { POST: create },
  listing: { GET: list },
  file: { HEAD: look, GET: give, POST: store, DELETE: remove },
} as const satisfies {
  repository: Record<string, Route<undefined>>;
  listing: Record<string, Route<FileType>>;
  file: Record<string, Route<FileHandle>>;
};

async function create({ response, query, storage, signal }: Exchange): Promise<void> {
  if (query.get("create") !== "true") return answer(response, 400, {}, "?create=true is missing\n");
  await storage.create(signal);
  answer(response, 200);
}

async function look({ response, storage, signal }: Exchange, file: FileHandle): Promise<void> {
  const { sizeBytes } = await storage.stat(file, signal);
  response.writeHead(200, { ...fileHeaders, "Content-Length": sizeBytes }).end();
}

async function give({ request, response, grant, storage, signal }: Exchange, file: FileHandle): Promise<void> {
  if (!grant.mayRead) throw notAllowed("read");
  const { sizeBytes } = await storage.stat(file, signal);
  const asked = parseByteRange(request.headers.range, sizeBytes);
  if (asked === "unsatisfiable") {
    return answer(response, 416, { "Content-Range": `bytes */${sizeBytes}` }, "no such range\n");
  }
  const range = asked === "whole" ? { offset: 0, length: sizeBytes } : asked;
  const last = range.offset + range.length - 1;
  response.writeHead(asked === "whole" ? 200 : 206, {
    ...fileHeaders,
    "Content-Length": range.length,
    ...(asked === "whole" ? {} : { "Content-Range": `bytes ${range.offset}-${last}/${sizeBytes}` }),
  });
  for await (const piece of storage.stream(file, range, signal)) await send(response, piece, signal);
  response.end();
}

async function store(exchange: Exchange, file: FileHandle): Promise<void> {
  const { request, response, grant, storage, quotas, clock, signal } = exchange;
  const upload = verifiedUpload(request, file, clock);
  const giveBack =
    grant.quotaBytes === undefined
      ? () => {}
      : await quotas.claim(grant.repository, storage, upload.sizeBytes, grant.quotaBytes);
  try {
    await storage.write(file, upload, signal);
  } catch (error) {
    giveBack();
    if (!isFailure(error, storageErrors.exists) || file.type === "config") throw error;
    // A client whose last answer was lost sends the same again. It has the same bytes, so it may have the same answer.
    const isSame = (await upload.finish()) && (await storage.stat(file, signal)).sizeBytes === upload.sizeBytes;
    if (!isSame) throw error;
  }
  answer(response, 200);
}

async function remove({ response, grant, storage, quotas, signal }: Exchange, file: FileHandle): Promise<void> {
  if (grant.appendOnly && file.type !== "lock") throw notAllowed("remove");
  await storage.remove(file, signal);
  if (file.type !== "lock") quotas.forget(grant.repository);
  answer(response, 200);
}

const listingV2 = "application/vnd.x.restic.rest.v2";
const listingV1 = "application/vnd.x.restic.rest.v1";
/** Sent in parts of this many characters, so that a listing of a million packs does not gather here first. */
const listingPart = 64 * 1024;

async function list({ request, response, grant, storage, signal }: Exchange, type: FileType): Promise<void> {
  if (!grant.mayRead) throw notAllowed("list");
  const isV2 = request.headers.accept === listingV2;
  const headers = { "Content-Type": isV2 ? listingV2 : listingV1 };
  let part = "[";
  let isFirst = true;
  for await (const { name, sizeBytes } of storage.list(type, signal)) {
    part += `${isFirst ? "" : ","}${JSON.stringify(isV2 ? { name, size: sizeBytes } : name)}`;
    isFirst = false;
    if (part.length < listingPart) continue;
    if (!response.headersSent) response.writeHead(200, headers);
    await send(response, part, signal);
    part = "";
  }
  part += "]";
  if (response.headersSent) response.end(part);
  else answer(response, 200, headers, part);
}

const fileHeaders = {
  "Content-Type": "application/octet-stream",
  "Accept-Ranges": "bytes",
  "X-Content-Type-Options": "nosniff",
} as const;

function notAllowed(what: string): HoldfastError {
  return new HoldfastError(gatewayErrors.notAllowed, `The token may not ${what}.`);
}
