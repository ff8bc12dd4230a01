/**
 * Writes the documents that are made from the code: docs/errors.md from every errors.ts.
 * usage: npm run docs [-- --check]; with --check it changes nothing and fails when a document is out of date.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import type { ErrorCatalogue, ErrorEntry } from "@holdfast/base";
import { root } from "./step.ts";

const documents = { "docs/errors.md": errorsDocument(await errorEntries()) };

for (const [file, text] of Object.entries(documents)) {
  if (process.argv.includes("--check")) {
    if (currentText(file) === text) continue;
    console.error(`${file} is not what the code says; run: npm run docs`);
    process.exitCode = 1;
  } else {
    writeFileSync(`${root}/${file}`, text);
  }
}

/** Sorted by code, so that areas stand together. @throws Error when two places use one code */
async function errorEntries(): Promise<ErrorEntry[]> {
  const byCode = new Map<string, ErrorEntry>();
  for (const file of globSync("{packages,apps}/*/src/**/errors.ts", { cwd: root }).sort()) {
    const exported = (await import(`${root}/${file}`)) as Record<string, unknown>;
    const catalogues = Object.entries(exported).filter(([name]) => name.endsWith("Errors"));
    for (const entry of catalogues.flatMap(([, catalogue]) => Object.values(catalogue as ErrorCatalogue))) {
      if (byCode.has(entry.code)) throw new Error(`${file}: the code ${entry.code} is taken.`);
      byCode.set(entry.code, entry);
    }
  }
  return [...byCode.values()].sort((left, right) => (left.code < right.code ? -1 : 1));
}

function errorsDocument(entries: readonly ErrorEntry[]): string {
  const lines = [
    "# Errors",
    "",
    "<!-- Written by tools/docs.ts from every errors.ts; run `npm run docs` after changing one. -->",
    "",
    "Every failure that Holdfast expects has a code that stays the same for ever. Programs act on the kind: `missing`,",
    "`invalid`, `conflict`, `denied`, `unavailable` (the only one worth trying again as it is) or `damaged`.",
  ];
  let area = "";
  for (const { code, kind, cause, cure } of entries) {
    if (code.split("_")[0] !== area) {
      area = code.split("_")[0]!;
      lines.push("", `## ${area}`);
    }
    lines.push("", `### ${code}`, "", `_${kind}._ ${cause}`, "", `**What to do:** ${cure}`);
  }
  return `${lines.join("\n")}\n`;
}

function currentText(file: string): string | undefined {
  try {
    return readFileSync(`${root}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
