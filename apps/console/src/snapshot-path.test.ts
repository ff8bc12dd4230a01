import { expect, test } from "vitest";
import { pathSteps } from "./snapshot-path.ts";

const encoded = (bytes: string | Uint8Array) => Buffer.from(bytes as string).toString("base64url");

test("each folder on the way can be asked for again, with or without a leading slash", () => {
  expect(pathSteps(encoded("/srv/data"))).toEqual([
    { name: "srv", path: encoded("/srv") },
    { name: "data", path: encoded("/srv/data") },
  ]);
  expect(pathSteps(encoded("srv/data/")).map((step) => step.path)).toEqual([encoded("srv"), encoded("srv/data")]);
});

test("the root has no steps, and an address that was tampered with is the root", () => {
  expect(pathSteps("")).toEqual([]);
  expect(pathSteps("***")).toEqual([]);
});

test("names that are not UTF-8 are shown escaped and asked for with their own bytes", () => {
  const raw = Buffer.from([0x2f, 0x61, 0xff, 0x62, 0x2f, 0x63]);
  expect(pathSteps(encoded(raw))).toEqual([
    { name: "a\\xffb", path: encoded(raw.subarray(0, 4)) },
    { name: "c", path: encoded(raw) },
  ]);
});
