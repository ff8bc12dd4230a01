import { platform } from "node:process";
import { expect, test } from "vitest";
import { readEnvironment } from "./environment.ts";

test.runIf(platform === "linux").each([
  [{ HOLDFAST_CACHE_DIR: "/a", RESTIC_CACHE_DIR: "/b", XDG_CACHE_HOME: "/c", HOME: "/d" }, "/a"],
  [{ RESTIC_CACHE_DIR: "/b", XDG_CACHE_HOME: "/c", HOME: "/d" }, "/b"],
  [{ HOLDFAST_CACHE_DIR: "", XDG_CACHE_HOME: "/c", HOME: "/d" }, "/c/restic"],
  [{ XDG_CACHE_HOME: "", HOME: "/d" }, "/d/.cache/restic"],
  [{ HOME: "" }, undefined],
  [{}, undefined],
])("the local cache lies where restic's would: %j", (variables, folder) => {
  expect(readEnvironment(variables).cacheFolder).toBe(folder);
});
