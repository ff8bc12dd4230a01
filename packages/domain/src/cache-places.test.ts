import { expect, test } from "vitest";
import { cacheExcludes } from "./cache-places.ts";

test("only known cache places strictly below a protected path are left out", () => {
  expect(cacheExcludes(["/srv/data", "/home/ann/project"])).toEqual([]);
  expect(cacheExcludes(["/"])).toContain("/proc");
  expect(cacheExcludes(["/var"])).toEqual(["/var/tmp", "/var/cache"]);
  expect(cacheExcludes(["/home/ann"])).toEqual(["/home/*/.cache"]);
  expect(cacheExcludes(["/home/", "/root"])).toEqual(["/root/.cache", "/home/*/.cache"]);
});

test("a path that somebody names is wanted, even where caches are", () => {
  expect(cacheExcludes(["/tmp"])).toEqual([]);
  expect(cacheExcludes(["/tmp/measured", "/home/ann/.cache/models"])).toEqual([]);
});
