/**
 * Records what the newest restic's help says, as what docs/verbs.md compares with.
 * usage: tools/run tools/record-restic-verbs.ts
 */
import { writeFileSync } from "node:fs";
import { fetchNewestRestic, newestResticPath } from "./newest-restic.ts";
import { readResticVerbs, recordedVerbsFile } from "./restic-verbs.ts";
import { root } from "./step.ts";

const verbs = readResticVerbs(newestResticPath() ?? fetchNewestRestic());
writeFileSync(`${root}/${recordedVerbsFile}`, `${JSON.stringify(verbs, undefined, 1)}\n`);
