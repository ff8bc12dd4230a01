import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "./step.ts";

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

const manifests = globSync(["package.json", "{packages,apps}/*/package.json"], { cwd: root }).map(
  (file) => JSON.parse(readFileSync(`${root}/${file}`, "utf8")) as Manifest,
);
const wanted = manifests.flatMap((manifest) => [
  ...Object.entries(manifest.dependencies ?? {}),
  ...Object.entries(manifest.devDependencies ?? {}),
  ...Object.entries(manifest.optionalDependencies ?? {}),
]);

test("docs/dependencies.md gives a reason for every dependency and for nothing else", () => {
  const listed = readFileSync(`${root}/docs/dependencies.md`, "utf8")
    .split("\n- ")
    .slice(1)
    .flatMap((item) => [...item.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));
  const names = wanted.map(([name]) => name).filter((name) => !name.startsWith("@holdfast/"));
  expect([...new Set(listed)].sort()).toEqual([...new Set(names)].sort());
});

test("every dependency is pinned, and to the same version wherever it is used", () => {
  const versionOf = new Map<string, string>();
  for (const [name, version] of wanted) {
    expect(version, name).toMatch(/^\d/);
    expect(versionOf.get(name) ?? version, name).toBe(version);
    versionOf.set(name, version);
  }
});
