import { expect, test } from "vitest";
import { idsBelow, worstProtection } from "./organisation-tree.ts";

const nodes = [
  { organisationId: "site", parentId: "client" },
  { organisationId: "client", parentId: "provider" },
  { organisationId: "other", parentId: "provider" },
  { organisationId: "provider", parentId: null },
];
const device = (organisationId: string, state: "failing" | "protected" | "late") => ({
  organisationId,
  protection: { state },
});

test("an organisation reaches everything below it, in whatever order the list is", () => {
  expect([...idsBelow(nodes, "client")].sort()).toEqual(["client", "site"]);
  expect(idsBelow(nodes, "provider").size).toBe(4);
});

test("a client is as badly off as its worst device, those of its sites included", () => {
  const devices = [device("client", "protected"), device("site", "late"), device("other", "failing")];
  expect(worstProtection(devices, idsBelow(nodes, "client"))).toBe("late");
  expect(worstProtection(devices, idsBelow(nodes, "provider"))).toBe("failing");
  expect(worstProtection([], idsBelow(nodes, "client"))).toBeUndefined();
});

test("a circle does not hang it", () => {
  const circle = [
    { organisationId: "a", parentId: "b" },
    { organisationId: "b", parentId: "a" },
  ];
  expect(idsBelow(circle, "a").size).toBe(2);
});
