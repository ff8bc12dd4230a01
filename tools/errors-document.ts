import { globSync } from "node:fs";
import type { ErrorCatalogue, ErrorEntry } from "@holdfast/base";
import { root } from "./step.ts";

/** docs/errors.md, from every `…Errors` that an errors.ts exports. @throws Error when two places use one code */
export async function errorsDocument(): Promise<string> {
  const lines = [
    "# Errors",
    "",
    "<!-- Written by tools/docs.ts from every errors.ts; run `npm run docs` after changing one. -->",
    "",
    "Every failure that Holdfast expects has a code that stays the same for ever. Programs act on the kind: `missing`,",
    "`invalid`, `conflict`, `denied`, `unavailable` (the only one worth trying again as it is) or `damaged`.",
  ];
  let area = "";
  for (const { code, kind, cause, cure } of await errorEntries()) {
    if (code.split("_")[0] !== area) {
      area = code.split("_")[0]!;
      lines.push("", `## ${area}`);
    }
    lines.push("", `### ${code}`, "", `_${kind}._ ${cause}`, "", `**What to do:** ${cure}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Sorted by code, so that areas stand together. */
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
