import { describe, expect, test } from "vitest";
import { parseRequestPath } from "./request-path.ts";

const id = "0123456789abcdef".repeat(4);
const meaning = (wire: string) => {
  const parsed = parseRequestPath(wire);
  return parsed && { repository: parsed.repository, target: parsed.target };
};

describe("the protocol's paths are understood", () => {
  const file = (type: string, name: string) => ({ kind: "file", file: { type, name } });
  test.each([
    ["/acme", "acme", { kind: "repository" }],
    ["/acme/", "acme", { kind: "repository" }],
    ["/acme/?create=true", "acme", { kind: "repository" }],
    ["/acme/web-1/", "acme/web-1", { kind: "repository" }],
    ["/acme/config", "acme", file("config", "")],
    ["/acme/web-1/config", "acme/web-1", file("config", "")],
    ["/acme/data/", "acme", { kind: "listing", type: "pack" }],
    ["/a/b/index/", "a/b", { kind: "listing", type: "index" }],
    ["/a/b/keys/", "a/b", { kind: "listing", type: "key" }],
    ["/a/b/locks/", "a/b", { kind: "listing", type: "lock" }],
    ["/a/b/snapshots/", "a/b", { kind: "listing", type: "snapshot" }],
    [`/acme/data/${id}`, "acme", file("pack", id)],
    [`/a/b/locks/${id}?x=y`, "a/b", file("lock", id)],
    ["/user%40example.org/config", "user@example.org", file("config", "")],
    ["/web%2D1/config", "web-1", file("config", "")],
  ])("%s", (wire, repository, target) => {
    expect(meaning(wire)).toEqual({ repository, target });
  });
});

describe("everything else is nothing", () => {
  const overlong = "a".repeat(129);
  test.each([
    "",
    "/",
    "//",
    "?create=true",
    "*",
    "acme/config",
    "http://host/acme/config",
    "/config",
    "/data/",
    `/data/${id}`,
    "/keys",
    "/config/config",
    "/acme/config/",
    "/acme/config/x",
    "/acme/data",
    "/acme/data/x",
    "/acme/data//",
    `/acme/data/${id}/`,
    `/acme/data/${id}/x`,
    `/acme/data/${id.slice(1)}`,
    `/acme/data/${id}0`,
    `/acme/data/${id.toUpperCase()}`,
    `/acme/data/01/${id}`,
    `/acme/Data/${id}`,
    "/acme/tmp/x/y",
    "/a/b/c",
    "/a/b/c/config",
    "/a/b/c/d/data/",
    "/acme//config",
    "//acme/config",
    "/acme//",
    "/acme/ /config",
    "/ /config",
    "/./config",
    "/../config",
    "/acme/./config",
    "/acme/../config",
    "/acme/../acme/config",
    "/..%2fconfig",
    "/acme/..%2f..%2fetc/config",
    "/%2e%2e/config",
    "/%2e/config",
    "/.%2e/config",
    "/acme/%2e%2e/config",
    "/%252e%252e/config",
    "/acme%2fweb/config",
    "/acme%5cweb/config",
    "/acme\\web/config",
    "/..\\..\\etc/config",
    "/%c0%ae%c0%ae/config",
    "/%u002e/config",
    "/%e0%80%ae/config",
    "/acme%00/config",
    "/acme\0/config",
    "/%00/config",
    `/acme/data/${id}%00`,
    `/acme/data/%00${id}`,
    "/acme/config%00",
    "/acme/%63onfig%2f",
    "/.hidden/config",
    "/.htpasswd",
    "/-rf/config",
    "/~root/config",
    "/acme;x=y/config",
    "/acme:8/config",
    "/a*/config",
    "/$HOME/config",
    "/`id`/config",
    "/acme%/config",
    "/acme%zz/config",
    "/%/",
    "/acme/data/%",
    "/äcme/config",
    "/%C3%A4cme/config",
    "/acme\u202e/config",
    "/acme%0d%0aX:y/config",
    "/acme\t/config",
    `/${overlong}/config`,
    `/acme/${overlong}/config`,
    `/${"a/".repeat(2000)}config`,
    `/acme/data/${"0".repeat(5000)}`,
    "/acme/__proto__/x",
  ])("%j", (wire) => {
    expect(parseRequestPath(wire)).toBeUndefined();
  });
});

test("a folder may have the name of anything but the reserved ones", () => {
  for (const folder of ["constructor", "toString", "tmp", "Data", "CONFIG", "a..b", "0"]) {
    expect(meaning(`/acme/${folder}/`)).toEqual({ repository: `acme/${folder}`, target: { kind: "repository" } });
  }
});
