import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

export interface Use {
  readonly what: string;
  /** From 1. */
  readonly line: number;
}

/** What one file takes from elsewhere. */
export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string;
  /** Specifiers as written: static, re-exported, dynamic with a literal, and types. */
  readonly imports: readonly Use[];
  /** Expressions such as `process.env` and `new Date()`. */
  readonly expressions: readonly Use[];
}

/** @throws Error naming the file when it is not TypeScript */
export function readSourceFile(root: string, path: string): SourceFile {
  return parseSourceFile(path, readFileSync(`${root}/${path}`, "utf8"));
}

export function parseSourceFile(path: string, text: string): SourceFile {
  const { program, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;
  const imports: Use[] = [];
  const expressions: Use[] = [];
  const importAt = (request: { value: string; start: number } | null) => {
    if (request) imports.push({ what: request.value, line: lineAt(request.start) });
  };
  for (const statement of module.staticImports) importAt(statement.moduleRequest);
  for (const statement of module.staticExports) importAt(statement.entries[0]?.moduleRequest ?? null);
  walk(program, (node) => {
    const at = typeof node.start === "number" ? node.start : 0;
    if ((node.type === "ImportExpression" || node.type === "TSImportType") && isLiteral(node.source)) {
      imports.push({ what: node.source.value, line: lineAt(at) });
    }
    if (node.type === "MemberExpression" || (node.type === "NewExpression" && isEmptyList(node.arguments))) {
      expressions.push({ what: text.slice(at, Number(node.end)), line: lineAt(at) });
    }
  });
  return { path, imports, expressions };
}

type Node = Record<string, unknown>;

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
  } else if (typeof value === "object" && value !== null) {
    if ("type" in value) visit(value);
    for (const part of Object.values(value)) walk(part, visit);
  }
}

function isLiteral(value: unknown): value is { value: string } {
  return typeof value === "object" && value !== null && "value" in value && typeof value.value === "string";
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
