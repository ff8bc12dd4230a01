import { globSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { brokenRules } from "./layer-check.ts";
import { parseSourceFile, readSourceFile } from "./source-file.ts";

const root = path.dirname(import.meta.dirname);

test("the whole tree keeps the layers", () => {
  const files = globSync("{packages,apps}/*/src/**/*.{ts,tsx,js}", { cwd: root }).filter(
    (file) => !file.endsWith(".as.ts"),
  );
  expect(brokenRules(files.map((file) => readSourceFile(root, file)))).toEqual([]);
});

const faultsOf = (file: string, text: string) => brokenRules([parseSourceFile(file, text)]);

test.each([
  ["static", `import { openRepository } from "@holdfast/engine";`],
  ["re-exported", `export * from "@holdfast/engine";`],
  ["dynamic", `const engine = await import("@holdfast/engine");`],
  ["type", `import type { Repository } from "@holdfast/engine";`],
  ["inline type", `export type Repository = import("@holdfast/engine").Repository;`],
])("a %s import up the table is found and its reason printed", (_, text) => {
  const [fault, ...more] = faultsOf("apps/server/src/main.ts", `\n${text}`);
  expect(more).toEqual([]);
  expect(fault).toMatch(/^apps\/server\/src\/main\.ts:2 imports @holdfast\/engine, but .*never holds backup bytes/);
});

test.each([
  ["past its index", "packages/sources/src/a.ts", `import { a } from "@holdfast/engine/src/pack.ts";`],
  ["by a door up the table", "apps/server/src/a.ts", `import { native } from "@holdfast/engine/files";`],
  ["by a path", "packages/sources/src/a.ts", `import { a } from "../../engine/src/index.ts";`],
  ["of the tests", "packages/engine/src/a.ts", `import { manualClock } from "@holdfast/testkit";`],
  ["private to the repository", "packages/engine/src/backup/a.ts", `import { a } from "../pack/pack-writer.ts";`],
  ["that only store/ may use", "apps/server/src/http/a.ts", `import { sql } from "kysely";`],
  ["that only store/ may use, in part", "apps/server/src/app/a.ts", `import { Migrator } from "kysely/migration";`],
  ["of the environment", "apps/agent/src/a.ts", `const home = process.env.HOME;`],
  ["of time", "packages/engine/src/a.ts", `const nowMs = Date.now();`],
  ["of today", "packages/domain/src/a.ts", `const today = new Date();`],
  ["of chance", "packages/engine/src/a.ts", `const n = Math.random();`],
])("a use %s is found", (_, file, text) => {
  expect(faultsOf(file, text)).toHaveLength(1);
});

test.each([
  ["packages/engine/src/repository/a.ts", `import { a } from "../pack/pack-writer.ts";`],
  ["packages/engine/src/a.test.ts", `import { manualClock } from "@holdfast/testkit";`],
  ["apps/server/src/store/a.ts", `import { sql } from "kysely"; import pg from "pg";`],
  ["packages/sources/src/a.ts", `import { native } from "@holdfast/engine/files";`],
  ["apps/server/src/config.ts", `const home = process.env.HOLDFAST_HOME;`],
  ["packages/domain/src/a.ts", `const day = new Date(nowMs);`],
])("what %s does is allowed", (file, text) => {
  expect(faultsOf(file, text)).toEqual([]);
});
