import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { root } from "./step.ts";

const documents = globSync(["*.md", "docs/**/*.md"], { cwd: root }).map((file) => ({
  file,
  text: readFileSync(`${root}/${file}`, "utf8"),
}));

const links = /\]\((?!https?:|#|mailto:)([^)#\s]+)|(?:src|srcset|href)="(?!https?:)([^"]+)"/g;
/** A path from the root in back quotes: it has a folder of ours in front. */
const namedPaths = /`((?:apps|packages|tools|docs|tests|bench|fixtures)\/[\w./-]+)`/g;

test("every link in a document leads somewhere", () => {
  const broken = documents.flatMap(({ file, text }) =>
    [...text.matchAll(links)]
      .map((match) => match[1] ?? match[2]!)
      .filter((target) => !existsSync(path.join(root, path.dirname(file), target)))
      .map((target) => `${file}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test("every file that a document names is there", () => {
  const missing = documents.flatMap(({ file, text }) =>
    [...text.matchAll(namedPaths)]
      .map((match) => match[1]!)
      .filter((target) => globSync(`${target.replace(/\/$/, "")}*`, { cwd: root }).length === 0)
      .map((target) => `${file}: ${target}`),
  );
  expect(missing).toEqual([]);
});
