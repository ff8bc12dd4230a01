import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { systemClock, type ErrorEntry } from "@holdfast/base";
import { manualClock, testAuthority } from "@holdfast/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { storageErrors } from "../errors.ts";
import type { FileHandle, Storage } from "../storage.ts";
import { restStorage } from "./rest-storage.ts";

// The promises of every storage are tested against the real gateway, in apps/gateway. Here servers lie and break.

const pack: FileHandle = { type: "pack", name: "ab".repeat(32) };
const bytes = new Uint8Array(1000).fill(7);
const listing = "application/vnd.x.restic.rest.v2";

type Call = (storage: Storage) => Promise<unknown>;
const calls = {
  create: (storage) => storage.create(),
  stat: (storage) => storage.stat(pack),
  read: (storage) => storage.read(pack),
  readRange: (storage) => storage.read(pack, { offset: 2, length: 3 }),
  stream: (storage) => Array.fromAsync(storage.stream(pack)),
  write: (storage) => storage.write(pack, bytes),
  remove: (storage) => storage.remove(pack),
  list: (storage) => Array.fromAsync(storage.list("pack")),
} satisfies Record<string, Call>;
type CallName = keyof typeof calls;
const allCalls = Object.keys(calls) as CallName[];

describe("every unsuccessful status has its meaning", () => {
  const meanings: [number, ErrorEntry][] = [
    [301, storageErrors.badAnswer],
    [302, storageErrors.badAnswer],
    [307, storageErrors.badAnswer],
    [401, storageErrors.denied],
    [403, storageErrors.denied],
    [405, storageErrors.badAnswer],
    [408, storageErrors.unreachable],
    [413, storageErrors.denied],
    [418, storageErrors.badAnswer],
    [429, storageErrors.unreachable],
    [500, storageErrors.unreachable],
    [502, storageErrors.unreachable],
    [503, storageErrors.unreachable],
    [504, storageErrors.unreachable],
    [507, storageErrors.full],
  ];
  test.each(meanings)("%i", async (status, entry) => {
    const storage = await scripted((request) => {
      // The second question of a refused write: is it there already?
      if (status === 403 && request.startsWith("HEAD")) return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
      return `HTTP/1.1 ${status} Whatever\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n`;
    });
    for (const name of allCalls) {
      if (status === 403 && name === "stat") continue;
      await expect(calls[name](storage), name).rejects.toMatchObject({ code: entry.code });
    }
  });
});

test("a refused write of a name that is taken is a conflict", async () => {
  const storage = await scripted((request) =>
    request.startsWith("POST")
      ? "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
      : "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
  );
  await expect(storage.write(pack, bytes)).rejects.toMatchObject({ code: storageErrors.exists.code });
});

test("a missing folder is an empty listing where there is a config, and a missing repository where there is none", async () => {
  for (const [status, code] of [
    [200, undefined],
    [404, storageErrors.missing.code],
  ] as const) {
    const storage = await scripted((request) =>
      request.startsWith("HEAD /config")
        ? `HTTP/1.1 ${status} X\r\nContent-Length: 155\r\n\r\n`
        : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    );
    const result = calls.list(storage);
    if (code === undefined) expect(await result).toEqual([]);
    else await expect(result).rejects.toMatchObject({ code });
  }
});

describe("what is no repository server is recognised", () => {
  const page = "<html>Please accept our terms</html>";
  const lies: [string, string, CallName[], ErrorEntry][] = [
    [
      "a web page for everything",
      `200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
      allCalls,
      storageErrors.badAnswer,
    ],
    ["another protocol", "", allCalls, storageErrors.badAnswer],
    ["no length", "200 OK\r\nConnection: close\r\n\r\nabc", ["stat", "read", "stream"], storageErrors.badAnswer],
    ["an absurd length", "200 OK\r\nContent-Length: 900000000000000\r\n\r\n", ["read"], storageErrors.badAnswer],
    [
      "fewer bytes than announced",
      "200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nabc",
      ["read", "stream"],
      storageErrors.unreachable,
    ],
    [
      "the whole instead of a range",
      "200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
      ["readRange"],
      storageErrors.badAnswer,
    ],
    [
      "a range instead of the whole",
      "206 Partial Content\r\nContent-Range: bytes 0-2/10\r\nContent-Length: 3\r\n\r\n012",
      ["read", "stream"],
      storageErrors.badAnswer,
    ],
    [
      "another range",
      "206 Partial Content\r\nContent-Range: bytes 3-5/10\r\nContent-Length: 3\r\n\r\n345",
      ["readRange"],
      storageErrors.badAnswer,
    ],
    [
      "a range without saying which",
      "206 Partial Content\r\nContent-Length: 3\r\n\r\n234",
      ["readRange"],
      storageErrors.badAnswer,
    ],
    [
      "a range of another length",
      "206 Partial Content\r\nContent-Range: bytes 2-4/10\r\nContent-Length: 2\r\n\r\n23",
      ["readRange"],
      storageErrors.badAnswer,
    ],
    [
      "a range that the end of the file cuts",
      "206 Partial Content\r\nContent-Range: bytes 2-3/4\r\nContent-Length: 2\r\n\r\n23",
      ["readRange"],
      storageErrors.shortRead,
    ],
    [
      "no such range",
      "416 Range Not Satisfiable\r\nContent-Range: bytes */2\r\nContent-Length: 0\r\n\r\n",
      ["readRange"],
      storageErrors.shortRead,
    ],
    [
      "a listing of version 1",
      "200 OK\r\nContent-Type: application/vnd.x.restic.rest.v1\r\nContent-Length: 2\r\n\r\n[]",
      ["list"],
      storageErrors.badAnswer,
    ],
    [
      "a listing that is no array",
      `200 OK\r\nContent-Type: ${listing}\r\nContent-Length: 4\r\n\r\nnull`,
      ["list"],
      storageErrors.badAnswer,
    ],
    [
      "a listing with a strange entry",
      `200 OK\r\nContent-Type: ${listing}\r\nContent-Length: 15\r\n\r\n[{"name":"abc"}]`,
      ["list"],
      storageErrors.badAnswer,
    ],
    [
      "a listing with a negative size",
      `200 OK\r\nContent-Type: ${listing}\r\nContent-Length: 25\r\n\r\n[{"name":"abc","size":-1}]`.replace("25", "26"),
      ["list"],
      storageErrors.badAnswer,
    ],
    [
      "a listing that breaks off",
      `200 OK\r\nContent-Type: ${listing}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n0\r\n\r\n`,
      ["list"],
      storageErrors.badAnswer,
    ],
    [
      "a listing cut in the middle",
      `200 OK\r\nContent-Type: ${listing}\r\nContent-Length: 100\r\nConnection: close\r\n\r\n[`,
      ["list"],
      storageErrors.unreachable,
    ],
    [
      "an upload that arrived damaged",
      "400 Bad Request\r\nContent-Length: 0\r\n\r\n",
      ["write"],
      storageErrors.damagedUpload,
    ],
  ];
  test.each(lies)("%s", async (lie, answer, names, entry) => {
    const storage = await scripted(() => (answer === "" ? "SSH-2.0-OpenSSH_9.2\r\n" : `HTTP/1.1 ${answer}`));
    for (const name of names) {
      if (lie === "a web page for everything" && name === "remove") continue;
      await expect(calls[name](storage), name).rejects.toMatchObject({ code: entry.code });
    }
  });
});

test("a listing leaves out what is not a file of the repository", async () => {
  const body = JSON.stringify([
    { name: `${pack.name}.rest-server-temp123`, size: 5 },
    { name: pack.name, size: 7 },
    { name: "../../etc/passwd", size: 9 },
  ]);
  const storage = await scripted(
    () => `HTTP/1.1 200 OK\r\nContent-Type: ${listing}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  expect(await calls.list(storage)).toEqual([{ name: pack.name, sizeBytes: 7 }]);
});

describe("when the network fails", () => {
  test("a connection cut at any byte of the answer is unreachable, never a short file", async () => {
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n${"x".repeat(20)}`;
    for (let cut = 0; cut < answer.length; cut += 1) {
      const storage = await scripted((_, socket) => {
        socket.end(answer.slice(0, cut));
        return undefined;
      });
      await expect(calls.read(storage), `cut after ${cut} bytes`).rejects.toMatchObject({ kind: "unavailable" });
    }
  });

  test("nobody listening is unreachable", async () => {
    const server = createServer();
    const url = await listening(server);
    server.close();
    const storage = restStorage(url, { clock: systemClock });
    for (const name of allCalls) {
      await expect(calls[name](storage), name).rejects.toMatchObject({ code: storageErrors.unreachable.code });
    }
  });

  test("a server that falls silent at any stage is given up after the limit, and not before", async () => {
    const silences: [CallName, string][] = [
      ["stat", ""],
      ["create", ""],
      ["write", ""],
      ["read", "HTTP/1.1 200 OK\r\nContent-Le"],
      ["read", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"],
      ["stream", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"],
      ["list", `HTTP/1.1 200 OK\r\nContent-Type: ${listing}\r\nContent-Length: 50\r\n\r\n[`],
    ];
    for (const [name, beginning] of silences) {
      const reached = Promise.withResolvers<void>();
      const clock = manualClock();
      const storage = await scripted(
        (_, socket) => {
          socket.write(beginning, () => reached.resolve());
          return undefined;
        },
        { clock, stalledMs: 60_000 },
      );
      let isOver = false;
      const call = calls[name](storage).finally(() => (isOver = true));
      call.catch(() => {});
      await reached.promise;
      await systemClock.sleep(20); // What was sent is on its way through the real loopback.
      clock.advanceMs(59_000);
      await systemClock.sleep(5);
      expect(isOver, name).toBe(false);
      for (let step = 0; step < 3; step += 1) {
        clock.advanceMs(60_000);
        await systemClock.sleep(5);
      }
      await expect(call, name).rejects.toMatchObject({ code: storageErrors.unreachable.code });
    }
  });

  test("a reader that takes its time is not mistaken for a silent server", async () => {
    const clock = manualClock();
    const body = "x".repeat(300_000);
    const storage = await scripted(() => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`, {
      clock,
      stalledMs: 60_000,
    });
    let seen = 0;
    for await (const piece of storage.stream(pack)) {
      seen += piece.byteLength;
      clock.advanceMs(600_000);
      await systemClock.sleep(1);
    }
    expect(seen).toBe(body.length);
  });

  test("an abort during the answer ends the call with the signal's reason", async () => {
    const reached = Promise.withResolvers<void>();
    const storage = await scripted((_, socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", () => reached.resolve());
      return undefined;
    });
    const abort = new AbortController();
    const reading = storage.read(pack, undefined, abort.signal);
    reading.catch(() => {});
    await reached.promise;
    const reason = Object.assign(new Error("stop"), { code: "ECONNRESET" });
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});

test("a server that refuses an upload before reading it is heard, and its connection not used again", async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    let isAnswered = false;
    socket.on("error", () => {});
    socket.on("data", () => {
      if (isAnswered) return;
      isAnswered = true;
      socket.write("HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\n\r\n");
    });
  });
  const storage = opened(await listening(server), server);
  const large = new Uint8Array(16 * 1024 * 1024);
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    await expect(storage.write(pack, large)).rejects.toMatchObject({ code: storageErrors.full.code });
    expect(connections).toBe(attempt);
  }
});

test("connections serve call after call, whatever the answers", async () => {
  let connections = 0;
  const server = createHttpServer((request, response) => {
    request.resume().once("end", () => {
      const status = { HEAD: 404, GET: 404, POST: 507, DELETE: 200 }[request.method ?? ""] ?? 500;
      response.writeHead(status).end("as it is\n");
    });
  }).on("connection", () => (connections += 1));
  const storage = opened(await listening(server), server);
  for (const name of allCalls) await calls[name](storage).catch(() => {});
  // Two, because Node.js takes a connection back a moment after the answer has ended.
  expect(connections).toBeLessThanOrEqual(2);
});

test("user name and password are sent, and appear in no error and not in the location", async () => {
  const secret = "hunter2:with:colons";
  let request = "";
  const server = createServer((socket) =>
    socket.on("data", (data) => {
      request += data.toString("latin1");
      socket.write(`HTTP/1.1 401 Unauthorized\r\nContent-Length: ${secret.length}\r\n\r\n${secret}`);
    }),
  );
  const url = await listening(server);
  onTestFinished(() => void server.close());
  const storage = restStorage(url, { clock: systemClock, user: "holdfast", password: secret });
  onTestFinished(() => storage.close());
  const failure = await storage.read(pack).catch((error: unknown) => error);
  expect(request).toContain(`Authorization: Basic ${Buffer.from(`holdfast:${secret}`).toString("base64")}`);
  expect(failure).toMatchObject({ code: storageErrors.denied.code });
  expect(`${String(failure)} ${storage.location}`).not.toContain("hunter2");
});

describe("a certificate is checked", () => {
  test.each(["another authority", "another name", "expired"])("%s is refused, and not for a moment", async (fault) => {
    const authority = await testAuthority();
    const other = await testAuthority();
    const { certificatePem, keyPem } = await authority.issue("gateway", {
      expired: fault === "expired",
      ...(fault === "another name" ? { host: "elsewhere.example" } : {}),
    });
    let requests = 0;
    const server = createHttpsServer({ cert: certificatePem, key: keyPem }, (_, response) => {
      requests += 1;
      response.end();
    });
    const { port } = await listening(server);
    onTestFinished(() => void server.close());
    const storage = restStorage(new URL(`https://127.0.0.1:${port}/`), {
      clock: systemClock,
      password: "token",
      ca: fault === "another authority" ? other.caPem : authority.caPem,
    });
    onTestFinished(() => storage.close());
    await expect(storage.create()).rejects.toMatchObject({ code: storageErrors.untrusted.code, kind: "denied" });
    expect(requests).toBe(0);
  });

  test("unless that is given up, aloud and for one storage", async () => {
    const { certificatePem, keyPem } = await (await testAuthority()).issue("gateway");
    const server = createHttpsServer({ cert: certificatePem, key: keyPem }, (_, response) => response.end());
    const { port } = await listening(server);
    onTestFinished(() => void server.close());
    const url = new URL(`https://127.0.0.1:${port}/`);
    const trusting = restStorage(url, { clock: systemClock, isTlsUnchecked: true });
    onTestFinished(() => trusting.close());
    await trusting.create();
    const careful = restStorage(url, { clock: systemClock });
    onTestFinished(() => careful.close());
    await expect(careful.create()).rejects.toMatchObject({ code: storageErrors.untrusted.code });
  });

  test("a server that wants to know who asks gets our certificate and the name we go by", async () => {
    const authority = await testAuthority();
    const [own, client] = [await authority.issue("gateway"), await authority.issue("alpha")];
    const seen: { subject?: string | undefined; userAgent?: string | undefined }[] = [];
    const server = createHttpsServer(
      { cert: own.certificatePem, key: own.keyPem, ca: authority.caPem, requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        const { subject } = (request.socket as TLSSocket).getPeerCertificate();
        seen.push({ subject: String(subject.CN), userAgent: request.headers["user-agent"] });
        response.end();
      },
    );
    const { port } = await listening(server);
    onTestFinished(() => void server.close());
    const options = { clock: systemClock, ca: authority.caPem, userAgent: "tester/1" };
    const known = restStorage(new URL(`https://127.0.0.1:${port}/`), {
      ...options,
      clientCertificate: `${client.certificatePem}\n${client.keyPem}`,
    });
    onTestFinished(() => known.close());
    await known.create();
    const unknown = restStorage(new URL(`https://127.0.0.1:${port}/`), options);
    onTestFinished(() => unknown.close());
    await expect(unknown.create()).rejects.toMatchObject({ name: "HoldfastError" });
    expect(seen).toEqual([{ subject: "alpha", userAgent: "tester/1" }]);
  });

  test("a certificate of ours that is none is said to be, and nothing is sent", async () => {
    const options = { clock: systemClock, clientCertificate: "no certificate" };
    const storage = restStorage(new URL("https://127.0.0.1:1/"), options);
    onTestFinished(() => storage.close());
    await expect(storage.create()).rejects.toMatchObject({ name: "HoldfastError" });
  });

  test("TLS spoken to a server without it is a bad answer", async () => {
    const server = createServer((socket) =>
      socket.on("error", () => {}).on("data", () => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")),
    );
    const { port } = await listening(server);
    onTestFinished(() => void server.close());
    const storage = restStorage(new URL(`https://127.0.0.1:${port}/`), { clock: systemClock });
    await expect(storage.create()).rejects.toMatchObject({ code: storageErrors.badAnswer.code });
  });
});

type Script = (request: string, socket: Socket) => string | undefined;

/** A storage whose server answers each request with raw text, or does with the socket what the script does. */
async function scripted(
  script: Script,
  options: { clock?: typeof systemClock; stalledMs?: number } = {},
): Promise<Storage> {
  const server = createServer((socket) => {
    let request = "";
    socket.on("error", () => {});
    socket.on("data", (data) => {
      request += data.toString("latin1");
      const head = request.indexOf("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(request)?.[1] ?? 0);
      if (head < 0 || request.length < head + 4 + length) return;
      const answer = script(request, socket);
      request = "";
      // Ended after each answer, so that a lie about lengths concerns one request only.
      if (answer !== undefined) socket.end(answer.replace("\r\n", "\r\nConnection: close\r\n"));
    });
  });
  return opened(await listening(server), server, options);
}

function opened(url: URL, server: Server, options: { clock?: typeof systemClock; stalledMs?: number } = {}): Storage {
  const storage = restStorage(url, { clock: systemClock, ...options });
  onTestFinished(async () => {
    await storage.close();
    server.close();
  });
  return storage;
}

async function listening(server: Server): Promise<URL> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}
