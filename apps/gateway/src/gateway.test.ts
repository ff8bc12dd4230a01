import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { HoldfastError, MiB, silentLog, systemClock } from "@holdfast/base";
import { localStorage, memoryStorage, restStorage, retrying, storageErrors, type FileType } from "@holdfast/storage";
import {
  faultyStorage,
  manualClock,
  seededRandom,
  storageConformance,
  temporaryDirectory,
  testAuthority,
} from "@holdfast/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { gatewayFixture, tokens } from "./testing/gateway-fixture.ts";
import { rawRequest, rawText } from "./testing/raw-request.ts";

const repository = "/acme/web-1/";

storageConformance("REST storage through a gateway on TLS before a local disk", async () => {
  const authority = await testAuthority();
  const tls = await authority.issue("gateway");
  const { url } = await gatewayFixture({ storage: localStorage(await temporaryDirectory()), tls });
  return restStorage(new URL(repository, url), {
    clock: systemClock,
    user: "holdfast",
    password: tokens.full,
    ca: authority.caPem,
  });
});

storageConformance("REST storage through a gateway before memory", async () => {
  const { url } = await gatewayFixture();
  return restStorage(new URL(repository, url), { clock: systemClock, password: tokens.full });
});

const random = seededRandom(77);
const pack = random.bytes(5000);
const packName = hashOf(pack);
const packPath = `${repository}data/${packName}`;
const token = tokens.full;

describe("the protocol", () => {
  test("create needs create=true, and may be repeated", async () => {
    const { url } = await gatewayFixture();
    expect((await rawRequest(url, "POST", repository, { token })).status).toBe(400);
    expect((await rawRequest(url, "POST", `${repository}?create=false`, { token })).status).toBe(400);
    expect((await rawRequest(url, "POST", `${repository}?create=true`, { token })).status).toBe(200);
    expect((await rawRequest(url, "POST", "/acme/web-1?create=true", { token })).status).toBe(200);
  });

  test("files are stored, looked at, fetched and removed", async () => {
    const { url } = await gatewayFixture();
    expect((await rawRequest(url, "HEAD", packPath, { token })).status).toBe(404);
    expect((await rawRequest(url, "GET", packPath, { token })).status).toBe(404);
    expect((await rawRequest(url, "POST", packPath, { token, body: pack })).status).toBe(200);
    const head = await rawRequest(url, "HEAD", packPath, { token });
    expect([head.status, head.headers["content-length"], head.body.length]).toEqual([200, "5000", 0]);
    const whole = await rawRequest(url, "GET", packPath, { token });
    expect([whole.status, whole.headers["accept-ranges"]]).toEqual([200, "bytes"]);
    expect(whole.body.equals(pack)).toBe(true);
    expect((await rawRequest(url, "DELETE", packPath, { token })).status).toBe(200);
    expect((await rawRequest(url, "DELETE", packPath, { token })).status).toBe(200);
    expect((await rawRequest(url, "GET", packPath, { token })).status).toBe(404);
  });

  test("ranges are answered as HTTP says", async () => {
    const { url, storage } = await gatewayFixture();
    await storage.write({ type: "pack", name: packName }, pack);
    const get = (range: string) => rawRequest(url, "GET", packPath, { token, headers: { range } });
    const cut = await get("bytes=100-199");
    expect([cut.status, cut.headers["content-range"], cut.headers["content-length"]]).toEqual([
      206,
      "bytes 100-199/5000",
      "100",
    ]);
    expect(cut.body.equals(pack.subarray(100, 200))).toBe(true);
    const rest = await get("bytes=4990-");
    expect([rest.status, rest.headers["content-range"]]).toEqual([206, "bytes 4990-4999/5000"]);
    const past = await get("bytes=5000-");
    expect([past.status, past.headers["content-range"]]).toEqual([416, "bytes */5000"]);
    expect((await get("bytes=0-1,5-6")).status).toBe(200);
  });

  test("listings come in the version that was asked for, and empty ones are empty arrays", async () => {
    const { url, storage } = await gatewayFixture();
    const list = async (accept?: string) => {
      const answer = await rawRequest(url, "GET", `${repository}data/`, {
        token,
        headers: accept === undefined ? {} : { accept },
      });
      return [answer.status, answer.headers["content-type"], answer.body.toString()];
    };
    const v1 = "application/vnd.x.restic.rest.v1";
    const v2 = "application/vnd.x.restic.rest.v2";
    expect(await list(v2)).toEqual([200, v2, "[]"]);
    await storage.write({ type: "pack", name: packName }, pack);
    expect(await list(v2)).toEqual([200, v2, `[{"name":"${packName}","size":5000}]`]);
    expect(await list(v1)).toEqual([200, v1, `["${packName}"]`]);
    expect(await list()).toEqual([200, v1, `["${packName}"]`]);
  });

  test("a long listing is streamed whole", async () => {
    const { url, storage } = await gatewayFixture();
    const names = Array.from({ length: 3000 }, (_, index) => hashOf(Buffer.from(`${index}`)));
    for (const name of names) await storage.write({ type: "pack", name }, new Uint8Array(3));
    const accept = "application/vnd.x.restic.rest.v2";
    const answer = await rawRequest(url, "GET", `${repository}data/`, { token, headers: { accept } });
    expect(JSON.parse(answer.body.toString())).toEqual(names.map((name) => ({ name, size: 3 })));
  });

  test("other methods are refused, and what is possible is said", async () => {
    const { url } = await gatewayFixture();
    const allowed = {
      [repository]: "POST",
      [`${repository}data/`]: "GET",
      [`${repository}config`]: "HEAD, GET, POST, DELETE",
      [packPath]: "HEAD, GET, POST, DELETE",
    };
    for (const [path, allow] of Object.entries(allowed)) {
      for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]) {
        if (allow.split(", ").includes(method)) continue;
        const answer = await rawRequest(url, method, path, { token });
        expect([answer.status, answer.headers["allow"]], `${method} ${path}`).toEqual([405, allow]);
      }
    }
  });
});

describe("an upload", () => {
  test("whose hash is not its name is refused and leaves nothing", async () => {
    const root = await temporaryDirectory();
    const { url, storage } = await gatewayFixture({ storage: localStorage(root) });
    await storage.create();
    for (const type of ["data", "index", "keys", "locks", "snapshots"]) {
      const body = pack.slice();
      body[2500]! ^= 1;
      expect((await rawRequest(url, "POST", `${repository}${type}/${packName}`, { token, body })).status).toBe(400);
    }
    for (const type of ["pack", "index", "key", "lock", "snapshot"] as const satisfies readonly FileType[]) {
      expect(await Array.fromAsync(storage.list(type))).toEqual([]);
    }
  });

  test("sent again after a lost answer is accepted, without touching what is stored", async () => {
    const { url, storage } = await gatewayFixture();
    const post = (body: Uint8Array) => rawRequest(url, "POST", packPath, { token: tokens.appendOnly, body });
    expect((await post(pack)).status).toBe(200);
    expect((await post(pack)).status).toBe(200);
    expect((await post(pack.subarray(1))).status).toBe(400);
    expect(Buffer.compare(await storage.read({ type: "pack", name: packName }), pack)).toBe(0);
  });

  test("of what is stored in another size is a conflict: what is there is damaged, and not ours to replace", async () => {
    const { url, storage } = await gatewayFixture();
    await storage.write({ type: "pack", name: packName }, pack.subarray(0, 10));
    expect((await rawRequest(url, "POST", packPath, { token, body: pack })).status).toBe(403);
    expect((await storage.stat({ type: "pack", name: packName })).sizeBytes).toBe(10);
  });

  test("of a second config is a conflict, even with the same bytes", async () => {
    const { url } = await gatewayFixture();
    const post = (body: Uint8Array) => rawRequest(url, "POST", `${repository}config`, { token, body });
    expect((await post(pack)).status).toBe(200);
    expect((await post(pack)).status).toBe(403);
    expect((await post(pack.subarray(1))).status).toBe(403);
  });

  test("that does not say how long it is is refused", async () => {
    const { url } = await gatewayFixture();
    const answer = await rawText(
      url,
      `POST ${packPath} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(token)}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 411 /);
  });

  test("that breaks off leaves nothing", async () => {
    const root = await temporaryDirectory();
    const { url, storage, lines } = await gatewayFixture({ storage: localStorage(root) });
    await storage.create();
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST ${packPath} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(token)}\r\nContent-Length: 5000\r\n\r\n`,
    );
    socket.write(pack.subarray(0, 3000));
    await until(async () => (await storageTemporaries(root)) === 1);
    socket.destroy();
    await until(async () => (await storageTemporaries(root)) === 0);
    await until(async () => lines.some((line) => line.startsWith("the client went away")));
    expect(await Array.fromAsync(storage.list("pack"))).toEqual([]);
  });

  test("to a full disk is 507, and the connection lives on", async () => {
    const error = new HoldfastError(storageErrors.full, "no space at /srv/secret/path");
    const storage = faultyStorage(memoryStorage(), [{ operation: "write", how: "fail", error }]);
    const { url } = await gatewayFixture({ storage });
    const rest = restStorage(new URL(repository, url), { clock: systemClock, password: token });
    onTestFinished(() => rest.close());
    const large = random.bytes(4 * MiB);
    const file = { type: "pack", name: hashOf(large) } as const;
    await expect(rest.write(file, large)).rejects.toMatchObject({ code: storageErrors.full.code });
    await rest.write(file, large);
    expect(storage.hits).toBe(1);
  });

  test("beyond the quota is 507 before it is sent, and room made by a removal is room again", async () => {
    const { url } = await gatewayFixture();
    const files = [random.bytes(6000), random.bytes(4000), random.bytes(1)];
    const post = (body: Uint8Array) =>
      rawRequest(url, "POST", `${repository}data/${hashOf(body)}`, { token: tokens.quota, body });
    const statuses = [];
    for (const file of files) statuses.push((await post(file)).status);
    expect(statuses).toEqual([200, 200, 507]);
    expect(
      (await rawRequest(url, "DELETE", `${repository}data/${hashOf(files[1]!)}`, { token: tokens.quota })).status,
    ).toBe(200);
    expect((await post(files[2]!)).status).toBe(200);
  });
});

test("a device whose answer was lost goes on, though it may remove nothing", async () => {
  const storage = faultyStorage(memoryStorage(), [{ operation: "write", type: "pack", how: "fail-after" }]);
  const { url } = await gatewayFixture({ storage });
  const rest = restStorage(new URL(repository, url), { clock: systemClock, password: tokens.appendOnly });
  onTestFinished(() => rest.close());
  const device = retrying(rest, { clock: manualClock({ sleepsPass: true }), random: seededRandom(3), log: silentLog });
  await device.write({ type: "pack", name: packName }, pack);
  expect(storage.hits).toBe(1);
  expect(storage.calls.map((call) => call.operation)).toEqual(["write", "stat"]);
});

describe("who may do what", () => {
  test("without a token for this repository everything is 401, whether it exists or not", async () => {
    const { url, storage } = await gatewayFixture();
    await storage.write({ type: "pack", name: packName }, pack);
    const answers = new Set<string>();
    for (const path of [
      repository,
      `${repository}config`,
      `${repository}data/`,
      packPath,
      "/acme/none/",
      "/acme/none/config",
    ]) {
      for (const method of ["GET", "POST", "DELETE", "PUT", "OPTIONS"]) {
        for (const wrong of [undefined, "wrong", tokens.other, `${token} `, token.toUpperCase()]) {
          const answer = await rawRequest(url, method, path, {
            ...(wrong === undefined ? {} : { token: wrong }),
            body: pack,
          });
          const { date: _, ...headers } = answer.headers;
          answers.add(JSON.stringify([answer.status, headers, answer.body.toString()]));
        }
      }
    }
    expect(answers.size).toBe(1);
    expect([...answers][0]).toMatch(/^\[401,.*www-authenticate/);
  });

  test("strange Authorization headers are no token", async () => {
    const { url } = await gatewayFixture();
    const encoded = (text: string) => Buffer.from(text).toString("base64");
    for (const authorization of [
      "",
      "Basic",
      "Basic ",
      `Bearer ${token}`,
      `Basic ${encoded(token)}`,
      `Basic ${encoded("user:")}`,
      `Basic ${encoded(":")}`,
      `Basic ${encoded(`u:${token}`)} x`,
      `Basic  ${encoded(`u:${token}`)}`,
      `Basic ${"A".repeat(6000)}`,
      `Basic !!!!`,
      `Digest ${encoded(`u:${token}`)}`,
    ]) {
      const answer = await rawRequest(url, "GET", `${repository}data/`, { headers: { authorization } });
      expect(answer.status, authorization.slice(0, 40)).toBe(401);
    }
  });

  test("the user name does not matter, and a token may hold a colon's like", async () => {
    const { url } = await gatewayFixture();
    for (const user of ["", "anybody", "üser"]) {
      const authorization = `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;
      expect((await rawRequest(url, "GET", `${repository}data/`, { headers: { authorization } })).status).toBe(200);
    }
  });

  test("an append-only token adds and reads, removes locks, and removes nothing else", async () => {
    const { url, storage } = await gatewayFixture();
    const device = tokens.appendOnly;
    for (const type of ["data", "index", "keys", "snapshots", "locks"]) {
      const path = `${repository}${type}/${packName}`;
      expect((await rawRequest(url, "POST", path, { token: device, body: pack })).status).toBe(200);
      expect((await rawRequest(url, "GET", path, { token: device })).status).toBe(200);
      expect((await rawRequest(url, "DELETE", path, { token: device })).status, type).toBe(
        type === "locks" ? 200 : 403,
      );
    }
    expect((await rawRequest(url, "POST", `${repository}config`, { token: device, body: pack })).status).toBe(200);
    expect((await rawRequest(url, "DELETE", `${repository}config`, { token: device })).status).toBe(403);
    expect((await rawRequest(url, "DELETE", repository, { token: device })).status).toBe(405);
    for (const type of ["config", "pack", "index", "key", "snapshot"] as const) {
      expect(await Array.fromAsync(storage.list(type)), type).toHaveLength(1);
    }
  });

  test("a token that may not read stores, and learns sizes only", async () => {
    const { url } = await gatewayFixture();
    const blind = tokens.writeOnly;
    expect((await rawRequest(url, "POST", packPath, { token: blind, body: pack })).status).toBe(200);
    expect((await rawRequest(url, "HEAD", packPath, { token: blind })).status).toBe(200);
    expect((await rawRequest(url, "GET", packPath, { token: blind })).status).toBe(403);
    expect((await rawRequest(url, "GET", `${repository}data/`, { token: blind })).status).toBe(403);
  });

  test("no token, file content or path of the machine reaches the log or an answer", async () => {
    const root = await temporaryDirectory();
    const { url, lines } = await gatewayFixture({ storage: localStorage(root) });
    const answers = [
      await rawRequest(url, "POST", packPath, { token, body: pack }),
      await rawRequest(url, "GET", packPath, { token: tokens.appendOnly }),
      await rawRequest(url, "GET", `${repository}config`, { token: "wrong-token" }),
      await rawRequest(url, "GET", `/${token}/../x`, { token }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([404, 404, 401, 404]);
    for (const answer of answers) expect(answer.body.toString()).not.toContain(root);
    const text = lines.join("\n");
    expect(lines.length).toBeGreaterThanOrEqual(4);
    for (const secret of [token, tokens.appendOnly, "wrong-token", basic(token)]) expect(text).not.toContain(secret);
  });
});

describe("hostile connections", () => {
  test("what is not HTTP is answered 400 or cut, and the gateway serves on", async () => {
    const { url } = await gatewayFixture();
    for (const text of [
      "\r\n\r\n\r\n",
      "GARBAGE\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      `GET ${repository}config HTTP/1.1\r\n\r\n`,
      `GET ${repository}config HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n`,
      `POST ${packPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`,
      `POST ${packPath} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `POST ${packPath} HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n`,
      `POST ${packPath} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET ${repository}config HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(20_000)}\r\n\r\n`,
    ]) {
      const answer = await rawText(url, text, { hangUp: true });
      expect(answer === "" || /^HTTP\/1\.1 4\d\d /.test(answer), `${text.slice(0, 60)} → ${answer.slice(0, 60)}`).toBe(
        true,
      );
    }
    expect((await rawRequest(url, "GET", `${repository}data/`, { token })).status).toBe(200);
  });

  test("pipelined requests are answered in order", async () => {
    const { url, storage } = await gatewayFixture();
    await storage.write({ type: "pack", name: packName }, pack);
    const head = `HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(token)}\r\n`;
    const answer = await rawText(
      url,
      [
        `HEAD ${packPath} ${head}\r\n`,
        `POST ${repository}config ${head}Content-Length: 3\r\n\r\nabc`,
        `GET ${repository}keys/${packName} ${head}\r\n`,
        `PUT ${packPath} ${head}Connection: close\r\n\r\n`,
      ].join(""),
    );
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual([200, 200, 404, 405].map((status) => `HTTP/1.1 ${status}`));
  });
});

test("a stopping gateway finishes what runs, takes nothing new, and then is gone", async () => {
  const storage = faultyStorage(memoryStorage());
  const { gateway, url } = await gatewayFixture({ storage });
  const pause = storage.pauseBefore("write", "pack");
  const uploading = rawRequest(url, "POST", packPath, { token, body: pack });
  await pause.reached;
  const closing = gateway.close();
  await expect(rawRequest(url, "GET", `${repository}data/`, { token })).rejects.toMatchObject({ code: "ECONNREFUSED" });
  pause.resume();
  expect((await uploading).status).toBe(200);
  await closing;
  expect(await storage.names("pack")).toEqual([packName]);
});

test("many clients at once are all served", async () => {
  const { url, storage } = await gatewayFixture({ storage: localStorage(await temporaryDirectory()) });
  await storage.create();
  const bodies = Array.from({ length: 100 }, () => random.bytes(20_000));
  const answers = await Promise.all(
    bodies.map((body) => rawRequest(url, "POST", `${repository}data/${hashOf(body)}`, { token, body })),
  );
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
  expect(await Array.fromAsync(storage.list("pack"))).toHaveLength(100);
});

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function basic(secret: string): string {
  return `Basic ${Buffer.from(`holdfast:${secret}`).toString("base64")}`;
}

async function storageTemporaries(root: string): Promise<number> {
  const names = await readdir(root, { recursive: true });
  return names.filter((name) => name.includes("-tmp-")).length;
}

/** What happens on the other side of a socket has no event here. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await condition()) return;
    await systemClock.sleep(10);
  }
  throw new Error("it did not happen within 5 s");
}
