import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { HoldfastError } from "@holdfast/base";
import { commandLineWithRepository } from "../command-line.fixture.ts";
import { cliErrors } from "../errors.ts";
import { parseRange } from "../mount/webdav-get.ts";
import { mountAdvice } from "../mount/mount-advice.ts";
import { parseWebdavPath, webdavPath } from "../mount/webdav-path.ts";

/** A mount that is under way; it ends with the test. */
async function mounted(...words: string[]) {
  const interruption = new AbortController();
  const { run, source, repository, output } = await commandLineWithRepository({ signal: interruption.signal });
  await run("backup", source, "--host", "alpha");
  const running = run("mount", "--json", ...words);
  const end = async () => {
    interruption.abort(new HoldfastError(cliErrors.interrupted, "Interrupted."));
    return running;
  };
  onTestFinished(async () => void (await end()));
  await expect.poll(output).toContain("serving");
  const { url } = JSON.parse(output()) as { url: string };
  return { url, source, repository, end };
}

const propfind = (url: string, depth: string) => fetch(url, { method: "PROPFIND", headers: { depth } });
const hrefs = async (response: Response) =>
  [...(await response.text()).matchAll(/<D:href>([^<]*)/g)].map(([, href]) => href!.split("/").slice(2).join("/"));

test("snapshots are folders of a WebDAV server, and files can be read from any place", async () => {
  const { url, source, end } = await mounted();
  expect((await fetch(url, { method: "OPTIONS" })).headers.get("dav")).toBe("1");
  expect(await hrefs(await propfind(url, "1"))).toEqual(["", "ids/", "snapshots/", "hosts/", "tags/"]);
  const inner = `${url}hosts/alpha/latest${source}/inner/`;
  const found = await propfind(inner, "1");
  expect(found.status).toBe(207);
  expect(await hrefs(found)).toHaveLength(2);
  const bytes = await readFile(join(source, "inner", "b.bin"));
  expect(Buffer.from(await (await fetch(`${inner}b.bin`)).arrayBuffer()).equals(bytes)).toBe(true);
  const part = await fetch(`${inner}b.bin`, { headers: { range: "bytes=99990-" } });
  expect({ status: part.status, range: part.headers.get("content-range") }).toEqual({
    status: 206,
    range: "bytes 99990-99999/100000",
  });
  expect((await part.arrayBuffer()).byteLength).toBe(10);
  const head = await fetch(`${inner}b.bin`, { method: "HEAD" });
  expect(head.headers.get("content-length")).toBe("100000");
  expect(await end()).toMatchObject({ exitCode: 0, errors: "" });
});

test("nothing is answered without the secret part, to another name, or to who wants to write", async () => {
  const { url } = await mounted();
  const { port, pathname } = new URL(url);
  for (const path of ["/", "/ids/", `/${"0".repeat(32)}/`]) {
    expect((await propfind(`http://127.0.0.1:${port}${path}`, "0")).status).toBe(404);
  }
  const statusFor = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, path: pathname, method: "OPTIONS", headers: { host } });
      asked.on("response", (response) => resolve(response.resume().statusCode)).on("error", reject);
      asked.end();
    });
  expect(await statusFor(`127.0.0.1:${port}`)).toBe(200);
  expect(await statusFor(`evil.example:${port}`)).toBe(403);
  expect(await statusFor("127.0.0.1")).toBe(403);
  for (const method of ["PUT", "DELETE", "MKCOL", "MOVE", "LOCK", "PROPPATCH", "POST"]) {
    expect((await fetch(`${url}ids/x`, { method })).status).toBe(405);
  }
  expect((await propfind(url, "infinity")).status).toBe(403);
  expect((await fetch(`${url}ids/`)).status).toBe(405);
  expect((await fetch(`${url}%00`)).status).toBe(404);
});

test("templates and filters decide where snapshots stand", async () => {
  const { url } = await mounted("--path-template", "by-%h/%T", "--time-template", "2006", "--host", "alpha");
  expect(await hrefs(await propfind(url, "1"))).toEqual(["", "by-alpha/"]);
  expect(await hrefs(await propfind(`${url}by-alpha/`, "1"))).toContain("by-alpha/latest/");
});

test.each([
  ["bytes=0-", { start: 0, end: 100 }],
  ["bytes=10-19", { start: 10, end: 20 }],
  ["bytes=90-1000", { start: 90, end: 100 }],
  ["bytes=-10", { start: 90, end: 100 }],
  ["bytes=-1000", { start: 0, end: 100 }],
  ["bytes=100-", "outside"],
  ["bytes=-0", "outside"],
  ["bytes=20-10", undefined],
  ["bytes=0-1,5-6", undefined],
  ["lines=1-2", undefined],
])("the range %s of 100 bytes is %j", (header, range) => {
  expect(parseRange(header, 100)).toEqual(range);
});

test("paths are bytes on the way in and out, and lead nowhere else", () => {
  const names = [Buffer.from([0xff, 0x25, 0x3c, 0x20]), Buffer.from("ä")];
  expect(webdavPath(names, true)).toBe("/%FF%25%3C%20/%C3%A4/");
  expect(parseWebdavPath(webdavPath(names, true))).toEqual(names);
  expect(parseWebdavPath("http://127.0.0.1:1/a?b")).toEqual([Buffer.from("a")]);
  for (const path of ["a", "/..", "/a/%2e%2E/b", "/%2f", "/%00", "/%zz", "*"])
    expect(parseWebdavPath(path)).toBeUndefined();
});

test("each system gets the command that it knows, with the folder safe for its shell", () => {
  const url = "http://127.0.0.1:1/secret/";
  expect(mountAdvice("linux", url, "/mnt/my backup")[0]).toContain(`${url} '/mnt/my backup'`);
  expect(mountAdvice("win32", url, undefined)).toEqual([`net use * ${url}`]);
  expect(mountAdvice("aix", url, undefined)).toEqual([]);
});
