import { expect, test } from "vitest";
import { commandLineWithRepository } from "../command-line.fixture.ts";

test.each([
  [["rewrite"], "CLI_USAGE"],
  [["rewrite", "--exclude", "a", "--include", "b"], "CLI_USAGE"],
  [["rewrite", "--exclude", "[", "--forget"], "ENGINE_BAD_PATTERN"],
  [["rewrite", "--new-time", "soon"], "CLI_USAGE"],
  [["repair", "packs"], "CLI_USAGE"],
  [["repair", "packs", "abcd"], "CLI_USAGE"],
  [["repair", "snapshots", "ffffffff"], "ENGINE_SNAPSHOT_MISSING"],
])("what cannot be meant is refused: %j", async (words, code) => {
  const { run } = await commandLineWithRepository();
  expect(await run(...words)).toMatchObject({ exitCode: 1, errors: expect.stringContaining(code) });
});
