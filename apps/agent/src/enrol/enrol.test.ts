import { once } from "node:events";
import { readFile, readdir, stat } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "@holdfast/testkit";
import { testAuthority } from "../testing/authority.ts";
import { controlServer } from "../testing/control-server.ts";
import { enrolAgent, type EnrolmentRequest } from "./enrol.ts";

const token = "a-token-that-is-long-enough";

async function situation(kind: "device" | "keeper" = "device") {
  const server = await controlServer();
  server.tokens.add(token);
  const home = await temporaryDirectory();
  const request: EnrolmentRequest = {
    home,
    serverUrl: server.url,
    token,
    caFingerprint: server.authority.fingerprint,
    kind,
    name: "files-1",
  };
  return { server, home, request };
}

test("a device enrols once; the second start sends nothing and needs no token", async () => {
  const { server, request } = await situation();
  const first = await enrolAgent(request);
  expect(first).toMatchObject({ kind: "device", name: "files-1", serverUrl: server.url });
  const second = await enrolAgent({ ...request, token: "used-up-long-ago-and-forgotten" });
  expect(second).toEqual(first);
  expect(server.enrolments.length).toBe(1);
  expect(server.enrolments[0]).not.toHaveProperty("keeperKeys");
});

test("the private key never leaves, and nobody else on the machine can read it", async () => {
  const { server, home, request } = await situation();
  await enrolAgent(request);
  const folder = join(home, "agent");
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  const key = await readFile(join(folder, "identity-key.pem"), "utf8");
  expect(key).toContain("PRIVATE KEY");
  expect(JSON.stringify(server.enrolments)).not.toContain(key.split("\n")[1]);
});

test("a keeper sends the public halves of its two keys, and keeps the same keys for good", async () => {
  const { server, home, request } = await situation("keeper");
  await enrolAgent(request);
  const keys = server.enrolments[0]?.keeperKeys;
  expect([keys?.sealing.length, keys?.signing.length]).toEqual([44, 44]);
  const held = await Promise.all(
    ["sealing-key.pem", "signing-key.pem"].map((name) => readFile(join(home, "keeper", name), "utf8")),
  );
  await enrolAgent(request);
  expect(await readFile(join(home, "keeper", "sealing-key.pem"), "utf8")).toBe(held[0]);
});

test("a server that does not show the pinned authority gets neither token nor request", async () => {
  const { server, request } = await situation();
  const caFingerprint = "00".repeat(32);
  await expect(enrolAgent({ ...request, caFingerprint })).rejects.toMatchObject({ code: "AGENT_FINGERPRINT_MISMATCH" });
  expect(server.enrolments).toEqual([]);
  // The same authority again, with colons and capitals as people copy it.
  const spelled = server.authority.fingerprint.toUpperCase().replaceAll(/(..)(?=.)/g, "$1:");
  await expect(enrolAgent({ ...request, caFingerprint: spelled })).resolves.toMatchObject({ name: "files-1" });
});

test("whoever only copies the pinned authority into a chain of his own is told nothing", async () => {
  const { server, request } = await situation();
  const { key, cert } = await (await testAuthority()).serverCertificate("127.0.0.1");
  let heardBytes = 0;
  const impostor = createTlsServer({ key, cert: `${cert}\n${server.authority.caPem}` }, (socket) => {
    socket.on("error", () => {}).on("data", (bytes: Buffer) => (heardBytes += bytes.byteLength));
  }).listen(0, "127.0.0.1");
  await once(impostor, "listening");
  onTestFinished(() => void impostor.close());
  const serverUrl = `https://127.0.0.1:${(impostor.address() as AddressInfo).port}`;
  await expect(enrolAgent({ ...request, serverUrl })).rejects.toMatchObject({ code: "AGENT_SERVER_UNTRUSTED" });
  expect(heardBytes).toBe(0);
});

test("a token that is used up is the server's own refusal, and nothing is stored", async () => {
  const { server, home, request } = await situation();
  server.tokens.clear();
  await expect(enrolAgent(request)).rejects.toMatchObject({ code: "TOKEN_REFUSED", kind: "denied" });
  expect(await readdir(join(home, "agent"))).toEqual(["identity-key.pem"]);
  // With a new token the same key is used, so a try that was interrupted leaves no second identity behind.
  server.tokens.add(token);
  const key = await readFile(join(home, "agent", "identity-key.pem"), "utf8");
  await enrolAgent(request);
  expect(await readFile(join(home, "agent", "identity-key.pem"), "utf8")).toBe(key);
});

test("no server, no network and no TLS are told apart from a wrong one", async () => {
  const { request } = await situation();
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, "close");
  await expect(enrolAgent({ ...request, serverUrl: `https://127.0.0.1:${port}` })).rejects.toMatchObject({
    code: "AGENT_SERVER_UNREACHABLE",
  });
  for (const serverUrl of ["http://127.0.0.1:1", "127.0.0.1", "https://user:secret@127.0.0.1"]) {
    await expect(enrolAgent({ ...request, serverUrl })).rejects.toMatchObject({ code: "AGENT_BAD_SERVER_URL" });
  }
  await expect(enrolAgent({ ...request, caFingerprint: "12" })).rejects.toMatchObject({
    code: "AGENT_BAD_FINGERPRINT",
  });
});

test("a machine that belongs to one installation is not taken over by another, but follows its own to a new address", async () => {
  const { request } = await situation();
  const first = await enrolAgent(request);
  const another = await controlServer();
  await expect(
    enrolAgent({ ...request, serverUrl: another.url, caFingerprint: another.authority.fingerprint }),
  ).rejects.toMatchObject({ code: "AGENT_ENROLLED_ELSEWHERE" });
  const moved = await enrolAgent({ ...request, serverUrl: "https://127.0.0.1:9" });
  expect(moved).toEqual({ ...first, serverUrl: "https://127.0.0.1:9" });
});
