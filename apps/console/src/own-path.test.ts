import { expect, test } from "vitest";
import { isOwnPath } from "./own-path.ts";

test("pages of the console are its own", () => {
  expect(["/", "/clients", "/devices/1/snapshots/2?path=L3Nydg#top"].every(isOwnPath)).toBe(true);
});

test("nothing that a browser would take for another site is", () => {
  const elsewhere = ["https://a.test/", "//a.test", "/\\a.test", "/\t/a.test", "javascript:alert(1)", "a.test", ""];
  expect(elsewhere.filter(isOwnPath)).toEqual([]);
});
