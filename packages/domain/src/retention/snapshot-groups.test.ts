import { expect, test } from "vitest";
import { groupSnapshots, parseGrouping } from "./snapshot-groups.ts";

const of = (hostname: string, paths: string[], tags: string[] = []) => ({ hostname, paths, tags });

test.each([
  ["host,paths", ["host", "paths"]],
  ["path,tag", ["paths", "tags"]],
  ["hosts,,tags", ["host", "tags"]],
  ["", []],
  [",", []],
])("%j is a grouping", (text, criteria) => {
  expect(parseGrouping(text)).toEqual(criteria);
});

test.each(["foo", " host", "host;paths", "Host"])("%j is none", (text) => {
  expect(parseGrouping(text)).toBeUndefined();
});

test("snapshots of one host and one set of paths are a group, in whatever order the paths were given", () => {
  const [a, b, c, d] = [of("z", ["/b", "/a"]), of("a", ["/a"]), of("z", ["/a", "/b"], ["t"]), of("a", ["/a", "/b"])];
  expect(groupSnapshots([a, b, c, d], ["host", "paths"])).toEqual([
    { key: { hostname: "a", paths: ["/a"] }, snapshots: [b] },
    { key: { hostname: "a", paths: ["/a", "/b"] }, snapshots: [d] },
    { key: { hostname: "z", paths: ["/a", "/b"] }, snapshots: [a, c] },
  ]);
});

test("grouped by nothing all are one group, and no snapshots are none", () => {
  const snapshots = [of("z", ["/b"]), of("a", ["/a"])];
  expect(groupSnapshots(snapshots, [])).toEqual([{ key: {}, snapshots }]);
  expect(groupSnapshots([], [])).toEqual([]);
});

test("names that look like others when they are strung together are not confused", () => {
  expect(groupSnapshots([of("h", ["/a,/b"]), of("h", ["/a", "/b"])], ["paths"])).toHaveLength(2);
  expect(groupSnapshots([of("h", [], ["a", "b"]), of("h", [], ["b", "a"])], ["tags"])).toHaveLength(1);
});
