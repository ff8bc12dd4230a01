/**
 * Writes the documents that are made from the code.
 * usage: npm run docs [-- --check]; with --check it changes nothing and fails when a document is out of date.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cliDocument } from "./cli-document.ts";
import { errorsDocument } from "./errors-document.ts";
import { root } from "./step.ts";
import { verbsDocument } from "./verbs-document.ts";

const documents = {
  "docs/errors.md": await errorsDocument(),
  "docs/cli.md": cliDocument(),
  "docs/verbs.md": verbsDocument(),
};

for (const [name, text] of Object.entries(documents)) {
  const file = `${root}/${name}`;
  if (!process.argv.includes("--check")) {
    writeFileSync(file, text);
  } else if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
    console.error(`${name} is not what the code says; run: npm run docs`);
    process.exitCode = 1;
  }
}
