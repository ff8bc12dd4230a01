import { assert } from "@holdfast/base";
import { z } from "zod";
import { api } from "./api.ts";
import type { Route } from "./route.ts";
import { serverEvent } from "./events.ts";
import { problem } from "./shapes.ts";

type Schema = { readonly [name: string]: unknown };
type Schemas = Map<string, Schema>;

/** The HTTP API as OpenAPI 3.1, built from the same table that the server registers. */
export function openApiDocument(version: string): object {
  const schemas: Schemas = new Map();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, route] of Object.entries(api) as [string, Route][]) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(operationId, route, schemas);
  }
  schemaOf(problem, "output", schemas);
  return {
    openapi: "3.1.0",
    info: {
      title: "Holdfast",
      version,
      description: "The control plane's API. Errors are problems with a stable code; docs/errors.md lists them.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/api/v1" }],
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "holdfast.session_token" },
        installation: { type: "http", scheme: "bearer", description: "The installation token file of the server." },
      },
    },
  };
}

function operation(operationId: string, route: Route, schemas: Schemas): object {
  return {
    operationId,
    summary: route.summary,
    "x-permission": route.permission,
    security: route.permission === "public" ? [] : [{ session: [] }, { installation: [] }],
    parameters: [...parameters("path", route.params, schemas), ...parameters("query", route.query, schemas)],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: json(schemaOf(route.body, "input", schemas)) } }),
    responses: {
      ...success(route, schemas),
      default: { description: "What went wrong", content: json({ $ref: "#/components/schemas/Problem" }) },
    },
  };
}

function parameters(place: "path" | "query", shape: z.ZodObject | undefined, schemas: Schemas): object[] {
  if (shape === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(shape, "input", schemas) as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema,
  }));
}

function success(route: Route, schemas: Schemas): object {
  switch (route.answer) {
    case "nothing":
      return { 204: { description: "Done" } };
    case "sealed-stream":
      return {
        200: {
          description: "Bytes sealed to the reader's key",
          content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
        },
      };
    case "events":
      return {
        200: {
          description: "Server-sent events, each with one ServerEvent as its data",
          content: { "text/event-stream": { schema: schemaOf(serverEvent, "output", schemas) } },
        },
      };
    default:
      return { 200: { description: "Success", content: json(schemaOf(route.answer, "output", schemas)) } };
  }
}

function json(schema: Schema): object {
  return { "application/json": { schema } };
}

/** A shape's JSON Schema, in which every shape that has a name is a reference to `schemas`. */
function schemaOf(shape: z.ZodType, io: "input" | "output", schemas: Schemas): Schema {
  const {
    $schema: _,
    $defs = {},
    ...root
  } = z.toJSONSchema(shape, { io, override: openToMore }) as {
    $schema?: string;
    $defs?: Record<string, Schema>;
  } & Schema;
  const own = shape.meta()?.id;
  const named = own === undefined || own in $defs ? $defs : { ...$defs, [own]: root };
  for (const [name, schema] of Object.entries(named)) keep(schemas, name, withReferences(schema));
  return own === undefined ? withReferences(root) : { $ref: `#/components/schemas/${own}` };
}

/** Readers of this version must bear fields that a later one adds. */
function openToMore({ jsonSchema }: { readonly jsonSchema: { additionalProperties?: unknown } }): void {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}

/** A name stands for one schema, whether it is sent or answered: nothing named has defaults. */
function keep(schemas: Schemas, name: string, schema: Schema): void {
  const { id: _, ...plain } = schema;
  const before = schemas.get(name);
  const same = before === undefined || JSON.stringify(before) === JSON.stringify(plain);
  assert(same, `${name} looks different where it is sent and where it is answered`);
  schemas.set(name, plain);
}

function withReferences(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Schema;
}
