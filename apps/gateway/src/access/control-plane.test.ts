import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { gatewayGrantRequest } from "@holdfast/contract";
import { testAuthority, type TestAuthority } from "@holdfast/testkit";
import { expect, onTestFinished, test } from "vitest";
import { gatewayErrors } from "../errors.ts";
import { controlPlane } from "./control-plane.ts";

const question = { repository: "acme/web-1", tokenSha256: "ab".repeat(32) };
const grant = { appendOnly: true, read: true, quotaBytes: 5_000_000 };

/** A server that demands client certificates of `authority`, as the agents' listener does, and answers as told. */
async function serverOf(authority: TestAuthority, status: number, body: string) {
  const { certificatePem, keyPem } = await authority.issue("server");
  const questions: unknown[] = [];
  const server = createServer(
    { cert: certificatePem, key: keyPem, ca: authority.caPem, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      void Array.fromAsync(request as AsyncIterable<Buffer>).then((pieces) => {
        questions.push([request.method, request.url, JSON.parse(Buffer.concat(pieces).toString())]);
        response.writeHead(status).end(body);
      });
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { serverUrl: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, questions };
}

async function accessOf(authority: TestAuthority, serverUrl: string, identity = authority) {
  const server = controlPlane({ serverUrl, caPem: authority.caPem, ...(await identity.issue("gateway")) });
  onTestFinished(() => server.close());
  return server;
}

test("a question goes over mutual TLS and is answered", async () => {
  const authority = await testAuthority();
  const { serverUrl, questions } = await serverOf(authority, 200, JSON.stringify(grant));
  const server = await accessOf(authority, serverUrl);
  expect(await server.grantOf(question)).toEqual(grant);
  expect(questions).toEqual([["POST", "/agent/v1/gateway-grants", question]]);
  expect(gatewayGrantRequest.parse(question)).toEqual(question);
});

test("404 means that the token opens nothing", async () => {
  const authority = await testAuthority();
  const { serverUrl } = await serverOf(authority, 404, "{}");
  expect(await (await accessOf(authority, serverUrl)).grantOf(question)).toBeUndefined();
});

test("anything else is no answer", async () => {
  const authority = await testAuthority();
  const answers: [number, string][] = [
    [200, "{}"],
    [200, "not json"],
    [200, JSON.stringify({ ...grant, appendOnly: "yes" })],
    [200, JSON.stringify({ ...grant, quotaBytes: -1 })],
    [200, `"${"x".repeat(100_000)}"`],
    [401, ""],
    [403, ""],
    [500, ""],
    [302, ""],
  ];
  for (const [status, body] of answers) {
    const { serverUrl } = await serverOf(authority, status, body);
    const server = await accessOf(authority, serverUrl);
    await expect(server.grantOf(question), `${status} ${body.slice(0, 30)}`).rejects.toMatchObject({
      code: gatewayErrors.grantsAway.code,
    });
  }
});

test("a server of another authority is not believed, and a gateway of another is not heard", async () => {
  const [authority, other] = [await testAuthority(), await testAuthority()];
  const away = { code: gatewayErrors.grantsAway.code };
  const { serverUrl, questions } = await serverOf(other, 200, JSON.stringify(grant));
  await expect((await accessOf(authority, serverUrl)).grantOf(question)).rejects.toMatchObject(away);
  await expect((await accessOf(other, serverUrl, authority)).grantOf(question)).rejects.toMatchObject(away);
  expect(questions).toEqual([]);
});
