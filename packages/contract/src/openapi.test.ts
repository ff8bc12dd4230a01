import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { api } from "./api.ts";
import { openApiDocument } from "./openapi.ts";

interface Operation {
  readonly operationId: string;
  readonly "x-permission": string;
  readonly parameters: { readonly name: string; readonly in: string; readonly required: boolean }[];
}
type Document = {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, unknown> };
};

const document = openApiDocument("1.2.3") as Document;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
);

test("the document is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const verdict = await validator.validate(JSON.parse(JSON.stringify(document)));
  expect(verdict.errors ?? []).toEqual([]);
  expect(verdict.valid).toBe(true);
  expect(validator.version).toBe("3.1");
});

test("every operation of the contract is in it once, with its permission", () => {
  const inDocument = Object.fromEntries(operations.map((each) => [each.operationId, each["x-permission"]]));
  const inContract = Object.fromEntries(Object.entries(api).map(([name, route]) => [name, route.permission]));
  expect(inDocument).toEqual(inContract);
  expect(operations).toHaveLength(Object.keys(api).length);
});

test("every name in a path is a required parameter, and no other parameter is in a path", () => {
  for (const { path, operationId, parameters } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
    const declared = parameters.filter((each) => each.in === "path");
    expect(declared.map((each) => each.name).sort(), operationId).toEqual(named);
    expect(
      declared.every((each) => each.required),
      operationId,
    ).toBe(true);
  }
});

test("every reference leads to a schema of the document", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference!);
  expect(references.length).toBeGreaterThan(10);
  for (const reference of references) {
    const name = /^#\/components\/schemas\/(\w+)$/.exec(reference)?.[1];
    expect(Object.keys(document.components.schemas), reference).toContain(name);
  }
});

test("every schema says itself what it is", () => {
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const { type, anyOf, oneOf } = schema as { type?: unknown; anyOf?: unknown; oneOf?: unknown };
    expect(type ?? anyOf ?? oneOf, name).toBeDefined();
  }
});
