import { GiB, isFailure, type Clock } from "@holdfast/base";
import { storageErrors } from "../errors.ts";
import { existingFile, missingFile, shortFile } from "../file-failures.ts";
import { describeFile, folderOfType, pathOf } from "../layout.ts";
import {
  isFileName,
  type ByteRange,
  type FileBody,
  type FileEntry,
  type FileHandle,
  type FileType,
  type Storage,
  type StorageProperties,
} from "../storage.ts";
import { HttpExchange, type HttpAnswer, type HttpQuestion } from "./http-exchange.ts";
import { jsonElements } from "./json-elements.ts";
import { answerFailure, badAnswer, exchangeFailure, stalledMsDefault } from "./rest-failure.ts";

export interface RestStorageOptions {
  readonly clock: Clock;
  readonly user?: string | undefined;
  /** For a Holdfast gateway, the token. */
  readonly password?: string | undefined;
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** PEM of a certificate and its key, for servers that want to know who asks. */
  readonly clientCertificate?: string | undefined;
  /** True takes any certificate for the server's: whoever is on the way can read the password and change what is sent. */
  readonly isTlsUnchecked?: boolean | undefined;
  /** How the program calls itself to the server. */
  readonly userAgent?: string | undefined;
  /** Requests in flight; default 5, as in restic. */
  readonly connectionsMax?: number | undefined;
  /** A request in which no byte moves for this long is given up. */
  readonly stalledMs?: number | undefined;
}

/**
 * A repository behind restic's REST protocol, version 2: a Holdfast gateway, restic's rest-server, or rclone.
 *
 * Nothing is retried here; redirects are not followed; every length is checked. A server that is not what it should
 * be (a proxy's error page, a captive portal) is STORAGE_BAD_ANSWER. Connections are kept and shared.
 *
 * @param url `http` or `https`, without user name or password, ending in `/`
 * @see restic REST backend documentation; restic-format.md section 20
 */
export function restStorage(url: URL, options: RestStorageOptions): Storage {
  return new RestStorage(url, options);
}

const listingType = "application/vnd.x.restic.rest.v2";
/** A whole file is read into memory; restic's largest, an index or a pack, stays below 150 MiB. */
const wholeFileBytesMax = 1 * GiB;
const failureTextBytesMax = 4 * 1024;

class RestStorage implements Storage {
  readonly location: string;
  /** restic's number. Without an atomic write, because not every such server has one. */
  readonly properties: StorageProperties;
  readonly #base: URL;
  readonly #exchange: HttpExchange;

  constructor(url: URL, options: RestStorageOptions) {
    this.#base = url;
    this.location = `rest:${url.href}`;
    this.properties = { connectionsMax: options.connectionsMax ?? 5, hasAtomicWrite: false };
    this.#exchange = new HttpExchange(url.protocol, {
      user: options.user,
      password: options.password,
      ca: options.ca,
      clientCertificate: options.clientCertificate,
      isTlsUnchecked: options.isTlsUnchecked,
      userAgent: options.userAgent,
      clock: options.clock,
      stalledMs: options.stalledMs ?? stalledMsDefault,
    });
  }

  async create(signal?: AbortSignal): Promise<void> {
    const url = new URL("?create=true", this.#base);
    const doing = "create the repository";
    const answer = await this.#ask({ method: "POST", url, body: new Uint8Array() }, signal);
    if (answer.status !== 200) throw await this.#failureOf(answer, doing);
    await this.#done(answer, doing);
  }

  async stat(file: FileHandle, signal?: AbortSignal): Promise<FileEntry> {
    const doing = `look at ${describeFile(file)}`;
    const answer = await this.#ask({ method: "HEAD", url: this.#urlOf(file) }, signal);
    if (answer.status === 404) {
      await this.#startOf(answer);
      throw missingFile(file, this.location);
    }
    if (answer.status !== 200) throw await this.#failureOf(answer, doing);
    const sizeBytes = this.#lengthOf(answer, doing);
    await this.#done(answer, doing);
    return { name: file.name, sizeBytes };
  }

  async read(file: FileHandle, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array> {
    if (range?.length === 0) return this.#readNothing(file, range, signal);
    const { answer, length } = await this.#open(file, range, signal);
    if (length > wholeFileBytesMax) {
      answer.discard();
      throw badAnswer(`read ${describeFile(file)}`, this.location, `announces ${length} bytes`);
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for await (const piece of this.#piecesOf(answer)) {
      bytes.set(piece, at);
      at += piece.byteLength;
    }
    return bytes;
  }

  async *stream(file: FileHandle, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    if (range?.length === 0) {
      await this.#readNothing(file, range, signal);
      return;
    }
    const { answer } = await this.#open(file, range, signal);
    yield* this.#piecesOf(answer);
  }

  async write(file: FileHandle, body: Uint8Array | FileBody, signal?: AbortSignal): Promise<void> {
    const doing = `write ${describeFile(file)}`;
    const headers = { "Content-Type": "application/octet-stream" };
    const answer = await this.#ask({ method: "POST", url: this.#urlOf(file), headers, body }, signal);
    if (answer.status === 200) return this.#done(answer, doing);
    const failure = await this.#failureOf(answer, doing);
    // The protocol says 403 both for a name that is taken and for what is not allowed.
    const isTaken = answer.status === 403 && (await this.#entryOf(file, signal)) !== undefined;
    throw isTaken ? existingFile(file, this.location, failure) : failure;
  }

  async remove(file: FileHandle, signal?: AbortSignal): Promise<void> {
    const doing = `remove ${describeFile(file)}`;
    const answer = await this.#ask({ method: "DELETE", url: this.#urlOf(file) }, signal);
    if (answer.status !== 200 && answer.status !== 404) throw await this.#failureOf(answer, doing);
    await this.#done(answer, doing);
  }

  async *list(type: FileType, signal?: AbortSignal): AsyncGenerator<FileEntry> {
    const config: FileHandle = { type: "config", name: "" };
    if (type === "config") {
      const entry = await this.#entryOf(config, signal);
      if (entry !== undefined) yield entry;
      return;
    }
    const doing = `list the ${folderOfType[type]} folder`;
    const url = new URL(`${folderOfType[type]}/`, this.#base);
    const answer = await this.#ask({ method: "GET", url, headers: { Accept: listingType } }, signal);
    if (answer.status !== 200) {
      const failure = await this.#failureOf(answer, doing);
      // A server may lack the empty folder of a repository that is there.
      if (answer.status === 404 && (await this.#entryOf(config, signal)) !== undefined) return;
      throw failure;
    }
    if (answer.headers["content-type"] !== listingType) {
      answer.discard();
      throw badAnswer(doing, this.location, "does not speak version 2 of restic's REST protocol");
    }
    try {
      for await (const element of jsonElements(this.#piecesOf(answer))) {
        const entry = entryOf(element);
        if (entry === undefined) throw new SyntaxError("an entry lacks its name or size");
        if (isFileName(entry.name)) yield entry;
      }
    } catch (error) {
      if (error instanceof SyntaxError) throw badAnswer(doing, this.location, "answers with a broken listing", error);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#exchange.close();
  }

  /** Packs have no shard folders in URLs. */
  #urlOf(file: FileHandle): URL {
    return new URL(pathOf(file).join("/"), this.#base);
  }

  async #ask(question: HttpQuestion, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    try {
      return await this.#exchange.ask(question, signal);
    } catch (error) {
      throw exchangeFailure(error, this.location);
    }
  }

  /** The open answer to a read, its headers checked against what was asked for. */
  async #open(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal | undefined) {
    const doing = `read ${describeFile(file)}`;
    const last = range === undefined ? 0 : range.offset + range.length - 1;
    const headers: Record<string, string> = range === undefined ? {} : { Range: `bytes=${range.offset}-${last}` };
    const answer = await this.#ask({ method: "GET", url: this.#urlOf(file), headers }, signal);
    if (answer.status !== (range === undefined ? 200 : 206)) {
      const failure = await this.#failureOf(answer, doing);
      if (answer.status === 404) throw missingFile(file, this.location, failure);
      if (answer.status === 416 && range !== undefined) throw shortFile(file, this.location, range);
      throw failure;
    }
    const length = this.#lengthOf(answer, doing);
    if (range === undefined) return { answer, length };

    const got = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(answer.headers["content-range"] ?? "");
    const isCut = got !== null && Number(got[1]) === range.offset && Number(got[2]) < last;
    if (
      isCut ||
      got === null ||
      Number(got[1]) !== range.offset ||
      Number(got[2]) !== last ||
      length !== range.length
    ) {
      answer.discard();
      if (isCut) throw shortFile(file, this.location, range);
      throw badAnswer(doing, this.location, "answers with another range than was asked for");
    }
    return { answer, length };
  }

  /** An empty range cannot be said in HTTP, yet it may lie past the end. */
  async #readNothing(file: FileHandle, range: ByteRange, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { sizeBytes } = await this.stat(file, signal);
    if (range.offset > sizeBytes) throw shortFile(file, this.location, range, sizeBytes);
    return new Uint8Array();
  }

  async #entryOf(file: FileHandle, signal: AbortSignal | undefined): Promise<FileEntry | undefined> {
    try {
      return await this.stat(file, signal);
    } catch (error) {
      if (isFailure(error, storageErrors.missing)) return undefined;
      throw error;
    }
  }

  #lengthOf(answer: HttpAnswer, doing: string): number {
    const text = answer.headers["content-length"] ?? "";
    if (/^\d{1,15}$/.test(text) && !isPage(answer)) return Number(text);
    answer.discard();
    throw badAnswer(
      doing,
      this.location,
      isPage(answer) ? "answers with a web page" : "does not say how long the file is",
    );
  }

  /** The end of an answer whose status already says it all. */
  async #done(answer: HttpAnswer, doing: string): Promise<void> {
    if (isPage(answer)) {
      answer.discard();
      throw badAnswer(doing, this.location, "answers with a web page");
    }
    await this.#startOf(answer);
  }

  async #failureOf(answer: HttpAnswer, doing: string) {
    return answerFailure(answer.status, doing, this.location, await this.#startOf(answer));
  }

  /** Reads an answer to its end so that its connection can be used again; drops the connection when it is long. */
  async #startOf(answer: HttpAnswer): Promise<string> {
    let text = "";
    for await (const piece of this.#piecesOf(answer)) {
      text += Buffer.from(piece).toString("latin1");
      if (text.length > failureTextBytesMax) break;
    }
    return this.#exchange.concealed(text).slice(0, failureTextBytesMax);
  }

  async *#piecesOf(answer: HttpAnswer): AsyncGenerator<Uint8Array> {
    try {
      yield* answer.pieces;
    } catch (error) {
      throw exchangeFailure(error, this.location);
    }
  }
}

/** No repository server answers in HTML; proxies and captive portals do. */
function isPage(answer: HttpAnswer): boolean {
  return (answer.headers["content-type"] ?? "").startsWith("text/html");
}

function entryOf(element: unknown): FileEntry | undefined {
  if (typeof element !== "object" || element === null || !("name" in element) || !("size" in element)) return undefined;
  const { name, size } = element;
  if (typeof name !== "string" || typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) return undefined;
  return { name, sizeBytes: size };
}
