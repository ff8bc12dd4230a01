import { expect, test } from "vitest";
import { indentJson } from "./indent-json.ts";

test.each([
  '{"a":[1,2,{"b":"x, {y}: [z] \\"q\\" \\\\"}],"empty":{},"none":[],"n":null,"t":true,"f":-1.5}',
  '{"a":[],"b":[{}],"c":""}',
  '"text"',
  "[]",
])("what is indented is what JSON itself indents: %s", (json) => {
  expect(indentJson(json)).toBe(JSON.stringify(JSON.parse(json), undefined, 2));
});

test("digits that a number would lose are kept", () => {
  expect(indentJson('{"n":12345678901234567890}')).toBe('{\n  "n": 12345678901234567890\n}');
});
