import { expect, test } from "vitest";
import { storageErrors } from "./errors.ts";
import { parseStorageUrl } from "./storage-url.ts";

test("restic's address forms are understood", () => {
  expect(parseStorageUrl("/backup/repository")).toEqual({ kind: "local", path: "/backup/repository" });
  expect(parseStorageUrl("relative/päth with spaces")).toEqual({ kind: "local", path: "relative/päth with spaces" });
  expect(parseStorageUrl("local:with:colon")).toEqual({ kind: "local", path: "with:colon" });
  expect(parseStorageUrl("C:\\backup")).toEqual({ kind: "local", path: "C:\\backup" });
  expect(parseStorageUrl("rest:https://host:8000/a/b/")).toEqual({
    kind: "rest",
    url: new URL("https://host:8000/a/b/"),
    user: undefined,
    password: undefined,
  });
});

test("a rest address ends in a slash, whether typed or not", () => {
  const parsed = parseStorageUrl("rest:http://127.0.0.1:8000/vault");
  expect(parsed.kind === "rest" && parsed.url.href).toBe("http://127.0.0.1:8000/vault/");
});

test("user name and password are taken out of the address, percent-decoded", () => {
  const parsed = parseStorageUrl("rest:https://us%40er:p%2Fss%3Aw%25rd@host/repository/");
  expect(parsed).toMatchObject({ user: "us@er", password: "p/ss:w%rd" });
  expect(parsed.kind === "rest" && parsed.url.href).toBe("https://host/repository/");
});

test("other addresses are refused, without repeating what may be a secret", () => {
  const secret = "hunter2";
  for (const address of [
    "",
    "local:",
    "/with\0nul",
    `rest:${secret}`,
    `rest:ftp://user:${secret}@host/`,
    `rest:https://user:${secret}@:notaport/`,
    `rest:https://user:${secret}%zz@host/`,
    `rest:https://user:${secret}@host/?x=1`,
    `rest:https://user:${secret}@host/#x`,
    `s3:https://key:${secret}@host/bucket`,
    `sftp:user:${secret}@host:/path`,
  ]) {
    let failure: unknown;
    try {
      parseStorageUrl(address);
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: storageErrors.badAddress.code });
    expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain(secret);
  }
});
